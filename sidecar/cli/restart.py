"""``fermat-sidecar restart "why"``: another server in place of the one that runs, be it well or not."""

from __future__ import annotations

from pathlib import Path

from fermatkit.errors import ExitCode
from sidecar.cli.control import ask


def restart(config: Path, why: str) -> ExitCode:
    """Ask the running sidecar."""
    answer = ask(config, {"ask": "restart", "why": why})
    print(f"The restart of {answer.text} is ordered. To see how it goes: fermat-sidecar status --watch")
    return ExitCode.GOOD
