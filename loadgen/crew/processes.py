"""Workers on this machine: processes, each with its own pipes, so that one killed breaks no other."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec

from loadgen.crew.crew import Events, Gone
from loadgen.crew.messages import ToWorker, encode, from_worker
from loadgen.crew.worker import LINE

_GOES_WITHIN = 5.0
"""Seconds from the end of the leader's lines until a worker that is not gone by itself is killed."""


async def start() -> asyncio.subprocess.Process:
    """A worker, waiting for its job. Ctrl-C is not for it: the leader tells it what to do about that."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "loadgen.crew.worker",
        stdin=pipe,
        stdout=pipe,
        limit=LINE,
        start_new_session=True,
    )


def write(process: asyncio.subprocess.Process, words: bytes) -> None:
    """Say something to a worker, if it still listens, without waiting."""
    assert process.stdin is not None  # noqa: S101 - `start` made it a pipe
    if not process.stdin.is_closing():
        process.stdin.write(words)


async def line(process: asyncio.subprocess.Process) -> bytes | None:
    """The next line a worker says; None when there are no more, also after a half one."""
    assert process.stdout is not None  # noqa: S101 - `start` made it a pipe
    found = await process.stdout.readline()
    return found if found.endswith(b"\n") else None


def hang_up(process: asyncio.subprocess.Process) -> None:
    """No more words for a worker: it says its goodbyes and goes."""
    assert process.stdin is not None  # noqa: S101 - `start` made it a pipe
    process.stdin.close()


async def finish(process: asyncio.subprocess.Process) -> None:
    """See it gone: by itself, or killed."""
    hang_up(process)
    try:
        async with asyncio.timeout(_GOES_WITHIN):
            await process.wait()
    except TimeoutError:
        kill(process)
        await process.wait()


def kill(process: asyncio.subprocess.Process) -> None:
    """End it, if it is still there."""
    with suppress(ProcessLookupError):
        process.kill()


def ending(status: int | None) -> str:
    """How a process ended, in words that follow its name; `status` as `subprocess` has it."""
    if status is None:
        return "is not known to have ended"
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended by itself with exit status {status}"


class Processes:
    """So many workers on this machine."""

    lead = 0.1

    def __init__(self, count: int) -> None:
        self._count = count
        self._processes: list[asyncio.subprocess.Process] = []

    @asynccontextmanager
    async def hire(self, events: Events) -> AsyncIterator[list[str]]:
        """Start them all; see `Link`."""
        try:
            for _ in range(self._count):
                self._processes.append(await start())
            async with asyncio.TaskGroup() as group:
                hearing = [
                    group.create_task(_hear(number, process, events))
                    for number, process in enumerate(self._processes)
                ]
                yield [
                    f"worker {number + 1} of {self._count} (pid {process.pid})"
                    for number, process in enumerate(self._processes)
                ]
                for task in hearing:
                    task.cancel()
        finally:
            await asyncio.gather(*(finish(process) for process in self._processes))

    def tell(self, worker: int, message: ToWorker) -> None:
        """See `Link`."""
        write(self._processes[worker], encode(message))

    def end(self, worker: int) -> None:
        """See `Link`."""
        kill(self._processes[worker])


async def _hear(number: int, process: asyncio.subprocess.Process, events: Events) -> None:
    """Pass on what a worker says, and then how it ended."""
    while said := await line(process):
        try:
            message = from_worker(said)
        except msgspec.DecodeError:
            kill(process)
            events.put_nowait((number, Gone(f"said what no worker says, {said[:80]!r}, and was ended")))
            return
        events.put_nowait((number, message))
    events.put_nowait((number, Gone(ending(await process.wait()))))
