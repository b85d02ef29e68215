"""The real client's work: 5,000 register at the stand-in Cloud Server and are held; CPU of both."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.load import network
from benchmarks.load.family import cpu_clock, last_words, running
from benchmarks.standin import standin

CLIENTS = 5_000
RAMP = 300
"""A second: the stand-in's own loop carries it, so that neither waits for the other."""
HELD = 5
"""Seconds."""
_PATIENCE = 60.0
_LOOK, _LOOK_WIDELY = 0.005, 0.1


def measure() -> tuple[float | None, float | None, str | None]:
    """Seconds of CPU of the client, from its start to its end, and of the stand-in meanwhile; or why not."""
    network.fresh()
    with TemporaryDirectory() as name, standin() as (base, pid):
        here, before = Path(name), time.clock_gettime(cpu_clock(pid))
        with running([_command(base)], here) as family:
            deadline, widely = time.monotonic() + CLIENTS / RAMP + HELD + _PATIENCE, 0.0
            used: float | None = None
            while not family.ended and time.monotonic() < deadline:
                if time.monotonic() > widely:
                    family.look()
                    widely = time.monotonic() + _LOOK_WIDELY
                used = family.cpu()
                time.sleep(_LOOK)
            ended = family.ended
        server = time.clock_gettime(cpu_clock(pid)) - before
        return (used, server, None) if (why := _wrong(here, ended=ended)) is None else (None, None, why)


def _command(base: str) -> list[str]:
    flags = {
        "--url": base.replace("http", "ws"),
        "--connections": CLIENTS,
        "--ramp": RAMP,
        "--duration": HELD,
    }
    return [
        sys.executable,
        "-m",
        "loadgen",
        *(str(part) for pair in flags.items() for part in pair),
        "--json",
    ]


def _wrong(here: Path, *, ended: bool) -> str | None:
    """Figures of a run in which not all were registered are of other work."""
    if not ended:
        return "it did not end"
    try:
        clients = json.loads((here / "stdout").read_bytes())["clients"]
    except (ValueError, KeyError, TypeError):
        return last_words(here)
    registered = clients["registered"]
    return None if registered == CLIENTS else f"{registered:,} of {CLIENTS:,} clients were registered"
