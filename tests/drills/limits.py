"""Descriptors, threads and sockets: what runs out, or leaks."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import aiohttp

from drills.acts import accompanied, mail, replaced, told
from drills.drill import Drill
from sidecar.core.nouns import Trouble
from support.cloud_client import CloudClient
from support.running import Running


async def crowd(run: Running, number: int, seconds: float) -> None:
    """So many sockets that connect and say nothing, for a while."""
    sockets = []
    for _ in range(number):
        one = socket.socket()
        one.setblocking(False)
        with suppress(BlockingIOError):
            one.connect(("127.0.0.1", run.server_port))
        sockets.append(one)
    await asyncio.sleep(seconds)
    for one in sockets:
        one.close()


async def fill_descriptors(run: Running, _: int) -> None:
    await run.habit("fd-limit")
    await asyncio.sleep(0.5)
    asyncio.get_running_loop().create_task(crowd(run, 80, 12.0))


async def told_and_healed(run: Running, pid: int) -> None:
    await mail(run, "OPEN FILES NEAR THE LIMIT")
    await mail(run, "OVER: OPEN FILES")
    assert await run.passes() == pid


async def leak_threads(run: Running, pid: int) -> None:
    await run.habit("thread-leak")
    await drop_clients(run, pid)


async def drop_clients(run: Running, _: int) -> None:
    """Clients that leave without a close frame, one after another."""
    asyncio.get_running_loop().create_task(_dropping(run))


async def _dropping(run: Running) -> None:
    with suppress(aiohttp.ClientError, OSError, AssertionError, TimeoutError):
        async with aiohttp.ClientSession(f"http://127.0.0.1:{run.server_port}") as http:
            for _ in range(120):
                client = await CloudClient.register(http)
                transport = client.socket._response.connection
                assert transport is not None
                assert transport.transport is not None
                transport.transport.abort()
                await asyncio.sleep(0.4)


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
            await asyncio.sleep(60)
            assert clients


async def crowd_that_leaves(run: Running, _: int) -> None:
    await run.habit("zombie-sockets")
    await asyncio.sleep(0.3)
    await crowd(run, 40, 0.5)


async def crowd_at_the_door(run: Running, _: int) -> None:
    await run.habit("accept-nothing")
    await asyncio.sleep(0.3)
    asyncio.get_running_loop().create_task(crowd(run, 60, 25.0))


CLOSE_WAIT = '[rules.close-wait]\nthreshold = 20\nclear = 10\nfor = "3s"\n'

LIMITS = (
    Drill("fd limit", Trouble.FD_LIMIT, fill_descriptors, told_and_healed, '[rules.fd-limit]\nfor = "3s"\n'),
    Drill(
        "thread leak",
        Trouble.THREAD_LEAK,
        leak_threads,
        told("THREADS LEAK"),
        '[rules.thread-leak]\nfor = "5s"\n',
    ),
    Drill(
        "zombies",
        Trouble.ZOMBIES,
        accompanied(leave_registered),
        told("CONNECTIONS OF NOBODY"),
        '[rules.zombies]\nthreshold = 20\nclear = 10\nfor = "3s"\n',
        server='[server.admin]\npassword = "fermat"\n',
    ),
    Drill(
        "zombies, CLOSE_WAIT",
        Trouble.CLOSE_WAIT,
        accompanied(crowd_that_leaves),
        told("CONNECTIONS LEFT OPEN"),
        CLOSE_WAIT,
    ),
    Drill("CLOSE_WAIT, nobody there", Trouble.CLOSE_WAIT, crowd_that_leaves, replaced, CLOSE_WAIT),
    Drill(
        "zombies, queue full",
        Trouble.ACCEPT_QUEUE,
        crowd_at_the_door,
        told("QUEUE FULL"),
        '[rules.accept-queue]\nfor = "3s"\n',
    ),
)
