"""``fermat-sidecar ack 12 "on it"``: somebody has an incident in hand."""

from __future__ import annotations

from pathlib import Path

from fermatkit.errors import ExitCode
from sidecar.cli.control import ask


def ack(config: Path, number: int, why: str) -> ExitCode:
    """Tell the running sidecar."""
    answer = ask(config, {"ask": "ack", "number": number, "why": why})
    print(f"Incident {number} ({answer.text}) is yours: no reminders, no further channel. Its end is told.")
    return ExitCode.GOOD
