"""What is done to a server, and what the right answers are: the parts that drills have in common."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from contextlib import suppress

import aiohttp

from drills.drill import Act
from support.cloud_client import CloudClient
from support.running import QUIET, Running, until

FAST = 'backoff_first = "50ms"\nbackoff_max = "100ms"\nterm_deadline = "2s"\n'
STARTED = ("start     the server", "stand     proven")
ENDED = ("stand     collecting", "signal    SIGTERM", *STARTED)
"""The ladder: evidence, SIGTERM, a start, the proof."""
KILLED = ("stand     collecting", "signal    SIGTERM", "stand     killing", *STARTED)
"""… of a server that SIGTERM does not end."""


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
            try:
                await asyncio.sleep(90)
            finally:
                for client in clients:
                    client.vanish()


async def nothing(run: Running, pid: int) -> None:
    """It is in the start already."""


async def replaced(run: Running, pid: int) -> None:
    """A new process, proven, and nobody else; people know of the outage and of its end."""
    new = await run.passes(not_pid=pid)
    assert run.servers() == [new]
    await mail(run, "DOWN")
    await mail(run, "RECOVERED")


async def kept_and_well(run: Running, pid: int) -> None:
    """The same process, and well."""
    assert await run.passes() == pid


def all_of(*answers: Act) -> Act:
    """One after another."""

    async def each(run: Running, pid: int) -> None:
        for answer in answers:
            await answer(run, pid)

    return each


def said(beginning: str, *parts: str) -> Act:
    """A message that begins so and has these parts."""

    async def message(run: Running, _: int) -> None:
        text = await mail(run, beginning)
        unsaid = [part for part in parts if part not in text]
        assert not unsaid, f"{unsaid} not in {text}"

    return message


def told(beginning: str, *parts: str) -> Act:
    """Such a message, and the process as it was."""

    async def message(run: Running, pid: int) -> None:
        await said(beginning, *parts)(run, pid)
        assert pid in (0, *run.servers()), "a warning has cost the process"

    return message


def reloads(run: Running) -> None:
    """Its sidecar believes that systemd has started it: then SIGHUP is a reload."""
    address = str(run.directory / "notify")
    run.at_end.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).bind(address)
    run.environment["NOTIFY_SOCKET"] = address


def let_it_be_quiet(run: Running) -> None:
    """The window for planned restarts is now."""
    minute = time.time() // 60 * 60
    window = [time.strftime("%H:%M", time.gmtime(minute + more)) for more in (-60, 1800)]
    run.config.write_text(
        run.config.read_text().replace(QUIET, 'quiet_from = "{}"\nquiet_to = "{}"\n'.format(*window))
    )
    assert run.sidecar is not None
    run.sidecar.send_signal(signal.SIGHUP)


def planned(*warnings: str) -> Act:
    """Told, and left alone while somebody is connected; replaced when the quiet window comes."""

    async def in_the_quiet_window(run: Running, pid: int) -> None:
        for warning in warnings:
            await told(warning)(run, pid)
        let_it_be_quiet(run)
        await replaced(run, pid)

    return in_the_quiet_window


async def mail(run: Running, *beginnings: str) -> str:
    async def there() -> bool:
        return any(subject.startswith(beginnings) for subject in run.subjects)

    await until(there, lambda: f"none of {beginnings} in {run.subjects}", patience=60)
    return next(
        str(one.get_content()) for one in run.mailbox.mails if str(one["Subject"]).startswith(beginnings)
    )


def sent(number: int) -> Act:
    """A signal to the server."""

    async def send(_: Running, pid: int) -> None:
        os.kill(pid, number)

    return send


async def killed_again(run: Running, pid: int) -> None:
    """Put back at once; and when it dies again, after the back-off."""
    await replaced(run, pid)
    (new,) = run.servers()
    os.kill(new, signal.SIGKILL)
    assert await run.passes(not_pid=new) != pid
