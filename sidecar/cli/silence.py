"""``fermat-sidecar silence disk-low 2h "moving the log"``: no messages about one thing for a while."""

from __future__ import annotations

from pathlib import Path

from fermatkit.errors import ExitCode
from sidecar.cli.control import ask, seconds, shown


def silence(config: Path, topic: str, duration: str, why: str) -> ExitCode:
    """Ask the running sidecar; say until when."""
    answer = ask(
        config, {"ask": "silence", "topic": topic, "seconds": seconds("silence", duration), "why": why}
    )
    print(
        f"Nothing about {topic} is sent until {shown(answer.until)}. Sooner: fermat-sidecar unsilence {topic}"
    )
    return ExitCode.GOOD
