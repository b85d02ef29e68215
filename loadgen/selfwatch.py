"""The generator's eye on itself: how late it is, what keeps it from being late, how big it is."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import psutil

from loadgen.tally import Ledger

_PERIOD = 0.01
_GRAIN = 0.001
"""uvloop's timers count whole milliseconds: waiting for less would spin."""


async def until(due: float) -> None:
    """Wait until `due` (`time.monotonic`), about 1 ms longer; who is late already lets others run first."""
    ahead = due - monotonic()
    if ahead <= 0:
        await asyncio.sleep(0)
    while ahead > 0:
        await asyncio.sleep(max(ahead, _GRAIN))
        ahead = due - monotonic()


async def watch(ledger: Ledger) -> None:
    """Note the loop's lag a hundred times a second, for ever.

    A stall counts once for each of the moments it swallowed: one second is a hundred samples, not one.
    """
    due = monotonic()
    while True:
        await until(due)
        now = monotonic()
        while due <= now:
            ledger.now.loop_lag.record(now - due)
            due += _PERIOD


@contextmanager
def short_collections() -> Iterator[Callable[[], None]]:
    """Collect garbage only when the function it gives is called, and only what is new since the last call.

    A full collection over 5,000 clients stops everything for a quarter of a second, and they come by the
    dozen while clients do. Whatever survives one is taken out of all later ones: clients live on anyway.
    """
    gc.disable()

    def collect() -> None:
        gc.collect()
        gc.freeze()

    try:
        yield collect
    finally:
        gc.unfreeze()
        gc.enable()


def resident() -> int | None:
    """Bytes of memory this process has now; None when there is no file descriptor left to ask with."""
    try:
        return int(psutil.Process().memory_info().rss)
    except (OSError, psutil.Error):
        return None
