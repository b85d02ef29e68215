"""``fermat-sidecar incidents``: what is open, what was, who was told of it and why, or why not."""

from __future__ import annotations

from pathlib import Path

from fermatkit.errors import ExitCode
from sidecar.cli.control import ask


def incidents(config: Path) -> ExitCode:
    """Ask the running sidecar."""
    print(ask(config, {"ask": "incidents"}).text)
    return ExitCode.GOOD
