"""``fermat-sidecar resume``: the end of a pause."""

from __future__ import annotations

from pathlib import Path

from fermatkit.errors import ExitCode
from sidecar.cli.control import ask


def resume(config: Path) -> ExitCode:
    """Ask the running sidecar."""
    ask(config, {"ask": "resume"})
    print("Resumed: the sidecar acts and tells again.")
    return ExitCode.GOOD
