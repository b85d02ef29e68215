"""``fermat-sidecar unsilence disk-low``: messages about it again."""

from __future__ import annotations

from pathlib import Path

from fermatkit.errors import ExitCode
from sidecar.cli.control import ask


def unsilence(config: Path, topic: str) -> ExitCode:
    """Ask the running sidecar."""
    ask(config, {"ask": "unsilence", "topic": topic})
    print(f"Messages about {topic} are sent again; what is still open is told now.")
    return ExitCode.GOOD
