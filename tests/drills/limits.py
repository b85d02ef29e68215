"""Descriptors, threads and sockets: what runs out, or leaks."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import aiohttp
import psutil

from drills.acts import ENDED, FAST, KILLED, accompanied, mail, planned, reloads, replaced, told
from drills.drill import Drill
from sidecar.core.nouns import Trouble
from support.cloud_client import CloudClient
from support.running import Running, until

FDS = 64
"""The most descriptors that the servers of these drills may have."""


async def crowd(run: Running, number: int, seconds: float) -> None:
    """So many sockets that connect and say nothing, for a while."""
    sockets = []
    for _ in range(number):
        one = socket.socket()
        one.setblocking(False)
        with suppress(BlockingIOError):
            one.connect(("127.0.0.1", run.server_port))
        sockets.append(one)
    try:
        await asyncio.sleep(seconds)
    finally:
        for one in sockets:
            one.close()


async def fill_descriptors(run: Running, pid: int) -> None:
    await run.habit("fd-limit")
    await asyncio.sleep(0.5)
    await fill(run, pid, 30.0)


async def fill(run: Running, pid: int, seconds: float) -> None:
    """First three quarters of the limit, until that is warned of; then all of it, for a while."""
    loop, has = asyncio.get_running_loop(), psutil.Process(pid).num_fds()
    first = loop.create_task(crowd(run, FDS * 3 // 4 + 1 - has, seconds))

    async def warned() -> bool:
        found = (await run.health()).get("checks", {}).get("findings:open", [])
        return any(one["observedValue"] == Trouble.FDS_HIGH for one in found)

    await until(warned, lambda: "no warning at 70 %")
    assert not run.subjects
    loop.create_task(crowd(run, 2 * FDS, 12.0)).add_done_callback(lambda _: first.cancel())


async def told_and_healed(run: Running, pid: int) -> None:
    """No restart, for it is well again when clients have left."""
    await mail(run, "OPEN FILES NEAR THE LIMIT")
    await mail(run, "OVER: OPEN FILES")
    assert await run.passes() == pid


async def leak_threads(run: Running, pid: int) -> None:
    await run.habit("thread-leak")
    await drop_clients(run, pid)


async def past_sigterm(run: Running, pid: int) -> None:
    """Its slope is told, then its number; when the quiet window comes, SIGTERM has no effect any more."""
    await told("THREADS LEAK")(run, pid)
    await told("MANY THREADS")(run, pid)
    await killed_in_the_quiet_window(run, pid, most=200)  # the habit's


async def killed_in_the_quiet_window(run: Running, pid: int, most: int) -> None:
    """Once it has so many threads that not even the one can be made in which a server ends."""

    async def spent() -> bool:
        return int(psutil.Process(pid).num_threads()) >= most

    await until(spent, lambda: f"there are not {most} threads")
    await asyncio.sleep(1)  # not all of them are those that are counted
    await planned()(run, pid)


async def drop_clients(run: Running, _: int) -> None:
    """Clients that leave without a close frame, one after another."""
    asyncio.get_running_loop().create_task(_dropping(run))


async def _dropping(run: Running) -> None:
    with suppress(aiohttp.ClientError, OSError, AssertionError, TimeoutError):
        async with aiohttp.ClientSession(f"http://127.0.0.1:{run.server_port}") as http:
            while True:
                client = await CloudClient.register(http)
                client.vanish()
                await asyncio.sleep(0.1)


async def leave_registered(run: Running, _: int) -> None:
    """The server forgets clients that it still has connected."""
    await run.habit("forgotten-clients")
    await asyncio.sleep(0.3)  # its answer comes before it
    asyncio.get_running_loop().create_task(crowd_of_clients(run, 30))


async def crowd_of_clients(run: Running, number: int) -> None:
    with suppress(aiohttp.ClientError, OSError, AssertionError, TimeoutError):
        async with aiohttp.ClientSession(
            f"http://127.0.0.1:{run.server_port}", connector=aiohttp.TCPConnector(limit=0)
        ) as http:
            clients = [await CloudClient.register(http) for _ in range(number)]
            try:
                await asyncio.sleep(60)
            finally:
                for client in clients:
                    client.vanish()


async def crowd_that_leaves(run: Running, _: int) -> None:
    await run.habit("zombie-sockets")
    await asyncio.sleep(0.3)
    await crowd(run, 40, 0.5)


async def crowd_at_the_door(run: Running, _: int) -> None:
    await run.habit("accept-nothing")
    await asyncio.sleep(0.3)
    asyncio.get_running_loop().create_task(crowd(run, 60, 25.0))


CLOSE_WAIT = f'{FAST}[rules.close-wait]\nthreshold = 20\nclear = 10\nfor = "3s"\n'
QUICK_FDS = '[rules.fds-high]\nfor = "2s"\n[rules.fd-limit]\nfor = "3s"\n'
WARNED = ("finding   fds-high appeared", "finding   fd-limit appeared", "finding   fd-limit cleared")

LIMITS = (
    Drill("fd limit", Trouble.FD_LIMIT, fill_descriptors, told_and_healed, QUICK_FDS, story=WARNED),
    Drill(
        "fd limit, not healing",
        Trouble.FDS_SPENT,
        fill_descriptors,
        replaced,
        f'{FAST}{QUICK_FDS}[rules.fds-spent]\nfor = "5s"\n',
        story=("finding   fd-limit appeared", "finding   fds-spent appeared", *ENDED),
    ),
    Drill(
        "thread leak",
        Trouble.THREAD_LEAK,
        accompanied(leak_threads),
        past_sigterm,
        f'{FAST}[rules.thread-leak]\nfor = "5s"\n[rules.threads-many]\nthreshold = 150\nclear = 100\n',
        story=KILLED,
        prepare=reloads,
    ),
    Drill(
        "zombies",
        Trouble.ZOMBIES,
        accompanied(leave_registered),
        planned("CONNECTIONS OF NOBODY"),
        f'{FAST}[rules.zombies]\nthreshold = 20\nclear = 10\nfor = "3s"\n',
        server='[server.admin]\npassword = "fermat"\n',
        story=ENDED,
        prepare=reloads,
    ),
    Drill(
        "zombies, CLOSE_WAIT",
        Trouble.CLOSE_WAIT,
        accompanied(crowd_that_leaves),
        planned("CONNECTIONS LEFT OPEN"),
        CLOSE_WAIT,
        story=ENDED,
        prepare=reloads,
    ),
    Drill(
        "CLOSE_WAIT, nobody there",
        Trouble.CLOSE_WAIT,
        crowd_that_leaves,
        replaced,
        CLOSE_WAIT,
        story=ENDED,
    ),
    Drill(
        "zombies, queue full",
        Trouble.ACCEPT_QUEUE,
        crowd_at_the_door,
        planned("QUEUE FULL"),
        f'{FAST}[rules.accept-queue]\nfor = "3s"\nact = "plan"\n',
        story=ENDED,
        prepare=reloads,
    ),
)
