"""``python -m benchmarks``: every figure, on the screen and in build/bench.json; eight minutes."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import psutil

from benchmarks import core, footprint, history, idle, recording, restart, sample, save, spawn, telling

RESULT = Path("build/bench.json")
TABLES = (
    (
        "Death seen, next server spawned (µs; ours: loop, core and server's edge; bare: asyncio alone)",
        spawn.measure,
    ),
    ("kill -9 → listening, → proven (ms; from outside, the whole program)", restart.measure),
    ("One step of the core (µs of CPU; three observations a second in calm)", core.measure),
    (
        "One sample of server and machine (µs of CPU, by connections; `sample_at`: a second on average)",
        sample.measure,
    ),
    (
        "One save of the memory, by messages owed (ms of wall and of CPU; floor: one file, written anew)",
        save.measure,
    ),
    (
        "The past (µs of CPU a second, MiB of ninety days, ms of CPU of an answer with all series)",
        history.measure,
    ),
    ("kill -9 → first message at its service (ms; goal: ≤ 1,500)", telling.measure),
    ("One latency recorded, counting included (µs of CPU; goal: ≤ 0.15)", recording.measure),
    ("Footprint (CPU ms and resident MiB that each import adds)", footprint.measure),
    ("Idle (MiB; CPU ms a second, of the whole and of each part alone)", idle.measure),
)


def main() -> None:
    """Measure one thing after another, for the cores are few."""
    machine = (
        f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.platform()}"
    )
    result: dict[str, object] = {"machine": machine, "python": platform.python_version()}
    print(f"{machine}, Python {platform.python_version()}")
    for title, measure in TABLES:
        print(f"\n{title}")
        rows = measure()
        for name, figure in rows.items():
            print(f"  {name:60} {figure:10.2f}")
        result |= rows
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1))
    print(f"\nWritten to {RESULT}.")


main()
