"""``fermat-sidecar pause 30m "upgrade"``: hands off for a while."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fermatkit.errors import ExitCode, UserError
from fermatkit.units import parse_duration
from sidecar.cli.control import ask


def pause(config: Path, duration: str, why: str) -> ExitCode:
    """Ask the running sidecar; say until when."""
    try:
        seconds = parse_duration(duration)
    except ValueError as error:
        raise UserError(f"pause: {error}", ExitCode.USAGE) from None
    answer = ask(config, {"ask": "pause", "seconds": seconds, "why": why})
    until = datetime.fromtimestamp(answer.until or 0.0, UTC)
    print(f"Paused until {until:%Y-%m-%d %H:%M:%S} UTC. To end it before: fermat-sidecar resume")
    return ExitCode.GOOD
