"""What edges with work of their own need: bugs are seen, a beat does not drift, what blocks has a thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")
_CALM = 0.06
"""Seconds after a beat, when the event loop has done what fell to it."""


def spawn(work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
    """Start a task; an exception of it reaches the event loop's exception handler at once."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    task.add_done_callback(_surface)
    return task


def _surface(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        task.get_loop().call_exception_handler(
            {"message": f"task {task.get_name()} failed", "exception": error, "task": task}
        )


class Tasks:
    """What an edge has under way: spawned tasks that end with it."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        """Start one."""
        task = spawn(work, name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def close(self) -> None:
        """Cancel those that run, and wait for their end."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


def next_beat(after: float, interval: float) -> float:
    """When the next beat falls, half an interval after that or later; by the event loop's clock, seconds."""
    return round(after / interval + 1) * interval


def until_calm(interval: float) -> float:
    """Seconds until just after the next beat of this interval: when a thread of its own beat does its work.

    With the beat it would fight the event loop for the interpreter's lock, at each of its system calls; and
    between two beats the processor's caches are cold.
    """
    return interval - (time.monotonic() - _CALM) % interval


class Beat:
    """A regular beat: missed ones (a stall, a suspended machine) are skipped, not made up for.

    All beats of an interval fall together, for it is waking that costs most of an idle second: with nothing
    in the processor's caches the same work takes five to thirty times as long.
    """

    def __init__(self, interval: float) -> None:
        """`interval` in seconds; the first beat is at once, the second half to one and a half later."""
        self._interval = interval
        self._next = asyncio.get_running_loop().time()

    async def wait(self) -> None:
        """Wait for the next beat."""
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(self._next - now)
        self._next = next_beat(max(self._next, now), self._interval)


class OneThread:
    """Makes blocking calls, one after another, in a thread of its own, which is there from the beginning.

    A call that never returns (a dead network disk) holds up those behind it and nobody else: not the users
    of the event loop's executor, and not the end of the program, which does not wait for this thread.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=_make, args=(self._calls,), name=name, daemon=True).start()

    def __del__(self) -> None:
        self._calls.put(None)

    def call(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        """Call it when its turn comes; not at all if the future is cancelled before."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = loop.create_future()

        def do() -> None:
            if done.cancelled():
                return
            try:
                tell = partial(done.set_result, work())
            except BaseException as error:  # noqa: BLE001 - whoever waits for the result gets it
                tell = partial(done.set_exception, error)
            with suppress(RuntimeError):  # a loop that is closed: nobody waits any more
                loop.call_soon_threadsafe(lambda: done.cancelled() or tell())

        self._calls.put(do)
        return done


def _make(calls: SimpleQueue[Callable[[], None] | None]) -> None:
    while (do := calls.get()) is not None:
        do()
