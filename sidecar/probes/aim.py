"""What every probe has in common: one task, aimed at one process or at none; and how an error is told."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Coroutine

from sidecar.core.nouns import Identity
from sidecar.tasks import spawn


class Aim:
    """Runs a probe's work for the process it is aimed at, once the work for the one before has ended."""

    def __init__(self, work: Callable[[Identity], Coroutine[object, object, None]], name: str) -> None:
        self._work = work
        self._name = name
        self._identity: Identity | None = None
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def at(self, identity: Identity | None) -> None:
        """Aim at a process, or at none; at the same one again: nothing happens."""
        if identity == self._identity:
            return
        self._identity = identity
        if self._task is not None:
            self._task.cancel()
            self._ending.add(self._task)
            self._task.add_done_callback(self._ending.discard)
            self._task = None
        if identity is not None:
            self._task = spawn(self._follow(identity, set(self._ending)), self._name)

    async def close(self) -> None:
        """Aim at nothing, and wait until the work has ended."""
        self.at(None)
        if self._ending:
            await asyncio.wait(self._ending)

    async def _follow(self, identity: Identity, before: set[asyncio.Task[None]]) -> None:
        if before:
            await asyncio.wait(before)
        await self._work(identity)


_LACKS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def is_ours(error: Exception) -> bool:
    """Whether it was the sidecar, or its machine, that lacked something: it says nothing about the server."""
    return isinstance(error, OSError) and error.errno in _LACKS


def why(error: Exception) -> str:
    """What went wrong with a connection, in the operating system's words or the library's: in one line."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return " ".join(str(error).split()) or type(error).__name__
