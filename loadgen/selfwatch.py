"""The generator's eye on itself: how late it is, what keeps it from being late, how big it is."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, process_time

import psutil

from loadgen.ledger import Ledger
from loadgen.pacing import PERIOD, beat
from loadgen.ticker import drive

_GRAIN = 0.001
"""uvloop's timers count whole milliseconds: waiting for less would spin."""
_UNCOUNTED = 0.04
"""Seconds in which what is noted is left alone: to find that nothing is to be counted has its price, too."""


async def until(due: float) -> None:
    """Wait until `due` (`time.monotonic`), about 1 ms longer; who is late already lets others run first."""
    ahead = due - monotonic()
    if ahead <= 0:
        await asyncio.sleep(0)
    while ahead > 0:
        await asyncio.sleep(max(ahead, _GRAIN))
        ahead = due - monotonic()


async def watch(ledger: Ledger) -> None:
    """Note the loop's lag a hundred times a second, for ever, and have counted what was noted meanwhile.

    A stall counts once for each of the moments it swallowed: one second is a hundred samples, not one. While
    many connect, counting a second's notes takes longer than from one look to the next: it goes on after it.
    """
    await drive(_looks(ledger))


def _looks(ledger: Ledger) -> Iterator[float]:
    due = counted = beat(monotonic())
    while True:
        yield due
        now = monotonic()
        while due <= now:
            ledger.loop_lag.record(now - due)
            due += PERIOD
        if due > counted:
            while (more := ledger.fold()) and monotonic() < due:
                yield 0.0  # others have their turn
            counted = due if more else due + _UNCOUNTED


class Processor:
    """What this process takes of its core, all threads together; `turn` it once a second."""

    _OVER = 5
    """Seconds: a shorter burst fills a queue, and is no bottleneck."""

    def __init__(self) -> None:
        self._marks = deque([(monotonic(), process_time())], maxlen=self._OVER + 1)

    def turn(self) -> tuple[float, float | None]:
        """Processor seconds since the last turn; the share of a core over five turns, None before."""
        last, now = self._marks[-1], (monotonic(), process_time())
        self._marks.append(now)
        return now[1] - last[1], share(list(self._marks)) if len(self._marks) > self._OVER else None


def share(marks: list[tuple[float, float]]) -> float | None:
    """Of a core, from the first mark to the last; each is a moment and the processor seconds until then."""
    (began, before), (ended, after) = marks[0], marks[-1]
    return (after - before) / (ended - began) if ended > began else None


def settle() -> None:
    """Collect what starting up has left, before anything is timed: a tenth of a second on a busy machine."""
    gc.collect()
    gc.freeze()


@contextmanager
def short_collections(ledger: Ledger) -> Iterator[Callable[[], None]]:
    """Collect garbage only when the function it gives is called, and only what is new since the last call.

    How long each one took goes to the ledger.

    A full collection over 5,000 clients stops everything for a quarter of a second, and they come by the
    dozen while clients do. Whatever survives one is taken out of all later ones: clients live on anyway.
    """
    gc.disable()

    def collect() -> None:
        gc.collect()
        gc.freeze()

    began = monotonic()

    def note(phase: str, _: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = monotonic()
        else:
            ledger.collections.record(monotonic() - began)

    gc.callbacks.append(note)
    try:
        yield collect
    finally:
        gc.callbacks.remove(note)
        gc.unfreeze()
        gc.enable()


def resident() -> int | None:
    """Bytes of memory this process has now; None when there is no file descriptor left to ask with."""
    try:
        return int(psutil.Process().memory_info().rss)
    except (OSError, psutil.Error):
        return None
