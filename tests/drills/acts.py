"""What is done to a server, and what the right answers are: the parts that drills have in common."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

import aiohttp

from drills.drill import Act
from support.cloud_client import CloudClient
from support.running import Running, until

FAST = 'backoff_first = "50ms"\nbackoff_max = "100ms"\nterm_deadline = "2s"\n'


def habit(*names: str) -> Act:
    async def take_up(run: Running, _: int) -> None:
        for name in names:
            await run.habit(name)

    return take_up


def accompanied(harm: Act) -> Act:
    """While clients are connected, whom a restart would cost their connection."""

    async def both(run: Running, pid: int) -> None:
        there = asyncio.Event()
        asyncio.get_running_loop().create_task(_company(run, there))
        await there.wait()
        await harm(run, pid)

    return both


async def _company(run: Running, there: asyncio.Event) -> None:
    with suppress(aiohttp.ClientError, OSError, AssertionError, TimeoutError):
        async with aiohttp.ClientSession(f"http://127.0.0.1:{run.server_port}") as http:
            clients = [await CloudClient.register(http) for _ in range(5)]
            there.set()
            await asyncio.sleep(90)
            assert clients


async def nothing(run: Running, pid: int) -> None:
    """It is in the start already."""


async def replaced(run: Running, pid: int) -> None:
    """A new process, proven, and nobody else."""
    new = await run.passes(not_pid=pid)
    assert run.servers() == [new]


async def kept_and_well(run: Running, pid: int) -> None:
    """The same process, and well."""
    assert await run.passes() == pid


def told(beginning: str) -> Act:
    """A message that begins so, and the process as it was."""

    async def message(run: Running, pid: int) -> None:
        await mail(run, beginning)
        assert pid in (0, *run.servers())

    return message


async def mail(run: Running, beginning: str) -> str:
    async def there() -> bool:
        return any(subject.startswith(beginning) for subject in run.subjects)

    await until(there, lambda: f"no {beginning!r} in {run.subjects}", patience=60)
    return next(
        str(one.get_content()) for one in run.mailbox.mails if str(one["Subject"]).startswith(beginning)
    )


def sent(number: int) -> Act:
    """A signal to the server."""

    async def send(_: Running, pid: int) -> None:
        os.kill(pid, number)

    return send
