"""Bad habits of a stand-in, and what is seen of them from outside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp

from cloudserver.session import Event
from support.cloud_client import CloudClient
from support.standin import PATIENCE, StandinProcess


async def take_up(standin: StandinProcess, habit: str) -> None:
    path = f"/standin/habits/{habit}"
    async with aiohttp.ClientSession(standin.url) as http, http.post(path) as answer:
        assert (answer.status, await answer.json()) == (200, {"habit": habit})


async def has_taken_up(standin: StandinProcess, habit: str) -> None:
    """Take up a habit that lets HTTP live, and wait until it is: the answer comes before it."""
    await take_up(standin, habit)
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession(standin.url) as http:
        while True:
            async with http.get("/standin/habits") as answer:
                if habit in (await answer.json())["active"]:
                    return


async def try_to_register(http: aiohttp.ClientSession) -> Event:
    newcomer = await CloudClient.connect(http)
    await newcomer.socket.send_str(newcomer.session.register())
    return await newcomer.event()


def wait_until(true: Callable[[], bool], why: Callable[[], object] = lambda: "it did not come") -> None:
    """Ask again until it is so; `why` is asked when it never is."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, why()
        time.sleep(0.02)


def thread_names(pid: int) -> dict[int, str]:
    """What the kernel calls each thread of a process, by its id."""
    names = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            names[int(task.name)] = (task / "comm").read_text().strip()
        except OSError:
            continue  # it has ended
    return names


def thread_seconds(pid: int) -> dict[str, float]:
    """CPU seconds by the name of the thread."""
    seconds: dict[str, float] = {}
    for thread, name in thread_names(pid).items():
        try:
            stat = Path(f"/proc/{pid}/task/{thread}/stat").read_text()
        except OSError:
            continue
        user, system = stat.rpartition(")")[2].split()[11:13]
        seconds[name] = seconds.get(name, 0.0) + (int(user) + int(system)) / 100
    return seconds
