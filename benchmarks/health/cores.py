"""Who runs where: what is measured has one core, and what measures it another."""

from __future__ import annotations

import os

_HERE = sorted(os.sched_getaffinity(0))
SERVING, ASKING = _HERE[0], _HERE[-1]


def on(core: int, command: list[str]) -> list[str]:
    """That command, and all that it starts, on this core alone; its pid is the same."""
    return ["taskset", "--cpu-list", str(core), *command]


def enough() -> bool:
    """Whether there are two."""
    return SERVING != ASKING
