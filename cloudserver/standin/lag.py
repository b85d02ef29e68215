"""How late the stand-in's own event loop wakes up, so that whoever measures through it can tell.

A timer is due every 20 ms on a fixed grid; the lateness of each wake-up is one sample. A wake-up so late that
it covers several points of the grid counts once for each of them, with its lateness against that point: a
stall of two seconds is a hundred late samples, not one.
"""

from __future__ import annotations

import asyncio
import time
from array import array

import msgspec

INTERVAL = 0.02
"""Seconds between two samples."""
KEPT = 15_000
"""Samples kept, the newest: five minutes, in 60 kB."""


class Lag(msgspec.Struct, frozen=True):
    """Lateness in ms over the newest `samples`, which span `seconds`; None where there is no sample."""

    p50: float | None
    p99: float | None
    max: float | None
    samples: int
    seconds: float


class LoopLag:
    """Measures from `start` on; a ring of the newest samples."""

    def __init__(self) -> None:
        self._ring = array("f")
        self._oldest = 0
        self._due = 0.0

    def start(self) -> None:
        """Begin on the running loop. The loop's own clock is not used: uvloop's stands still in a pass."""
        self._due = time.monotonic() + INTERVAL
        asyncio.get_running_loop().call_later(INTERVAL, self._wake)

    def read(self, seconds: float | None = None) -> Lag:
        """What was measured in the newest `seconds`, or in all that are kept."""
        count = len(self._ring) if seconds is None else min(len(self._ring), round(seconds / INTERVAL))
        if count <= 0:
            return Lag(None, None, None, 0, 0.0)
        ordered = self._ring[self._oldest :] + self._ring[: self._oldest]
        sample = sorted(ordered[-count:])
        p50, p99, worst = (round(sample[int((count - 1) * share)] * 1000, 2) for share in (0.5, 0.99, 1))
        return Lag(p50, p99, worst, count, round(count * INTERVAL, 2))

    def record(self, due: float, now: float) -> float:
        """Take in a wake-up at `now` that was `due` (seconds): the next due point of the grid."""
        missed = max(0, int((now - due) / INTERVAL))
        for point in range(max(0, missed - KEPT + 1), missed + 1):
            self._keep(max(0.0, now - due - point * INTERVAL))  # a coarse timer may also be early
        return due + (missed + 1) * INTERVAL

    def _wake(self) -> None:
        now = time.monotonic()
        self._due = self.record(self._due, now)
        asyncio.get_running_loop().call_later(self._due - now, self._wake)

    def _keep(self, late: float) -> None:
        if len(self._ring) < KEPT:
            self._ring.append(late)
        else:
            self._ring[self._oldest] = late
            self._oldest = (self._oldest + 1) % KEPT
