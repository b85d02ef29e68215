"""What every edge with a task of its own needs: that a bug in it is seen, and a beat that does not drift."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


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


class Beat:
    """A regular beat: missed ones (a stall, a suspended machine) are skipped, not made up for."""

    def __init__(self, interval: float) -> None:
        """`interval` in seconds; the first beat is at once."""
        self._interval = interval
        self._next = asyncio.get_running_loop().time()

    async def wait(self) -> None:
        """Wait for the next beat."""
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(self._next - now)
        self._next = max(self._next, now) + self._interval
