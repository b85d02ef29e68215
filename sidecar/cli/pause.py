"""``fermat-sidecar pause 30m "upgrade"``: hands off for a while."""

from __future__ import annotations

from pathlib import Path

from fermatkit.errors import ExitCode
from sidecar.cli.control import ask, seconds, shown


def pause(config: Path, duration: str, why: str) -> ExitCode:
    """Ask the running sidecar; say until when."""
    answer = ask(config, {"ask": "pause", "seconds": seconds("pause", duration), "why": why})
    print(f"Paused until {shown(answer.until)}. To end it before: fermat-sidecar resume")
    return ExitCode.GOOD
