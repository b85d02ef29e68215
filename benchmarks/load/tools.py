"""What is compared: how each is called, by its own manual, for the same work; ours as a user would."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import compiled, peers
from benchmarks.load.job import Job

SIZE = 128
"""Bytes of a message."""
RATE = 20_000
"""Messages a second, of the tools that are told one."""
RAMP = 10_000
"""Connects a second, likewise."""
ECHO_FOR, HOLD_FOR = 7, 4
"""Seconds that ours is told: longer than the window, and long enough to look at its memory."""


_ALONE = ("echo", "one", "hold")
"""What a peer can do: with one process and one source address."""


@dataclass(frozen=True)
class Tool:
    """One of them."""

    name: str
    command: Callable[[Path, int, Job], list[str]]
    """With a directory of its own and a server's port."""
    prepare: Callable[[], object]
    """Before any turn: `MissingError` when it cannot be had here."""
    answers: bool = True
    """It answers what the server sends first, and so can be held until then."""
    warm: float = 0.7
    """Seconds after the first message (and the last handshake) until it runs evenly."""
    tells: bool = False
    """It ends by itself, with a JSON object on its stdout."""
    jobs: tuple[str, ...] = ("echo", "paced", "one", "hold", "many")
    """Those that it can do."""

    def told(self, here: Path) -> tuple[dict[str, Any], str | None]:
        """That object, or why there is none."""
        try:
            found = json.loads((here / "stdout").read_bytes())
        except ValueError:
            return {}, "its stdout is no JSON"
        return (found, None) if isinstance(found, dict) else ({}, "its stdout is no JSON object")


def _c(_: Path, port: int, job: Job) -> list[str]:
    numbers = port, job.connections, job.addresses, RATE if job.paced else 0
    return [compiled.program("client"), *map(str, numbers)]


def _ours(_: Path, port: int, job: Job) -> list[str]:
    """The one place where its command line stands."""
    rate, seconds = (RATE, ECHO_FOR) if job.echoes else (0, HOLD_FOR)
    flags = {
        "--url": f"ws://127.0.0.1:{port}/",
        "--connections": job.connections,
        "--ramp": RAMP,
        "--rate": rate,
        "--duration": seconds,
        "--size": SIZE,
    }
    words = [str(part) for pair in flags.items() for part in pair]
    return [sys.executable, "-m", "loadgen", "echo", *words, "--json", "--quiet"]


OURS = Tool("ours", _ours, lambda: None, answers=False, tells=True)
C = Tool("c", _c, lambda: (compiled.program("server"), compiled.program("client")))
PEERS = (
    Tool("k6", peers.k6, peers.prepare_k6, jobs=_ALONE),
    Tool("Artillery", peers.artillery, peers.prepare_artillery, jobs=_ALONE),
    Tool("Tsung", peers.tsung, peers.prepare_tsung, answers=False, warm=3.0, jobs=_ALONE),
    Tool("Locust", peers.locust, peers.prepare_locust, jobs=_ALONE),
)
TOOLS = (C, OURS, *PEERS)
