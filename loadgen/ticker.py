"""The clock of an open loop: one timer calls one function, which does all that is due.

uvloop's own timers count whole milliseconds and fire up to 0.3 ms early; a timerfd does neither. Half a
millisecond between two calls bounds both the lateness of a message and the cost of an idle generator.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterator
from math import inf
from time import monotonic
from typing import TypeVar

GRAIN = 0.0005
"""Seconds between two calls, at least."""
AT_ONCE = 128
"""Arrivals handled in one go. After a stall there are many, and answers have to be read in between."""
_FALLBACK_GRAIN = 0.001

T = TypeVar("T")


class Ticker:
    """Calls `act` from the running loop, until it is closed.

    `act` returns when it wants to be called next (`time.monotonic`), `inf` for never: `wake` starts it again.
    """

    def __init__(self, act: Callable[[], float]) -> None:
        self._act = act
        self._loop = asyncio.get_running_loop()
        self._timer: _TimerFd | _LoopTimer = (
            _TimerFd(self._loop, self._tick)
            if sys.platform == "linux"
            else _LoopTimer(self._loop, self._tick)
        )
        self.wake()

    def wake(self) -> None:
        """Call `act` as soon as the loop gets to it."""
        self._timer.after(GRAIN)

    def close(self) -> None:
        """No more calls."""
        self._timer.close()

    def _tick(self) -> None:
        due = self._act()
        if due == inf:
            self._timer.stop()
        else:
            self._timer.after(max(due - monotonic(), GRAIN))


class _LoopTimer:
    """Where there is no timerfd: the loop's own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tick: Callable[[], None]) -> None:
        self._loop, self._tick = loop, tick
        self._handle: asyncio.TimerHandle | None = None

    def after(self, seconds: float) -> None:
        self.stop()
        self._handle = self._loop.call_later(max(seconds, _FALLBACK_GRAIN), self._tick)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    close = stop


_SPEC = struct.Struct("llll")
"""Linux' struct itimerspec: an interval, and when first; each in seconds and nanoseconds."""


class _TimerFd:
    """Linux' timerfd_create(2), by ctypes: `os.timerfd_create` came with Python 3.13 only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tick: Callable[[], None]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._settime = libc.timerfd_settime
        self._fd = libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._spec = ctypes.create_string_buffer(_SPEC.size)
        self._loop = loop
        loop.add_reader(self._fd, tick)

    def after(self, seconds: float) -> None:
        """Fire once; what fired before is forgotten, so that nobody has to read it."""
        whole = int(seconds)
        _SPEC.pack_into(self._spec, 0, 0, 0, whole, max(int((seconds - whole) * 1e9), 1))
        self._settime(self._fd, 0, self._spec, None)

    def stop(self) -> None:
        _SPEC.pack_into(self._spec, 0, 0, 0, 0, 0)
        self._settime(self._fd, 0, self._spec, None)

    def close(self) -> None:
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1


_CLOCK_MONOTONIC = 1


async def follow(begin: float, plan: Iterator[tuple[float, T]], act: Callable[[float, T], None]) -> None:
    """Call `act` with each (due, what) of `plan`, which is in order of time, not before `begin` + due.

    `begin` is a moment of `time.monotonic`; `act` gets that of each arrival.
    """
    await drive(following(begin, plan, act))


def following(
    begin: float, plan: Iterator[tuple[float, T]], act: Callable[[float, T], None]
) -> Iterator[float]:
    """The same as steps for `drive`."""
    for number, (after, what) in enumerate(plan, 1):
        due = begin + after
        while due > monotonic():
            yield due
        act(due, what)
        if not number % AT_ONCE:
            yield 0.0


async def drive(steps: Iterator[float]) -> None:
    """Go through all `steps`: each does what is due and says when to go on, as for a `Ticker`.

    A generator, because its variables outlive a step at no cost: those of a closure are
    slower to reach.
    """
    through: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tick() -> float:
        due = next(steps, inf)
        if due == inf and not through.done():
            through.set_result(None)
        return due

    ticker = Ticker(tick)
    try:
        await through
    finally:
        ticker.close()
