"""A whole sidecar with the waits that its users have, over servers that are alive and do not serve.

Nearly all of their time is waiting, so they wait together.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import aiohttp
import psutil
import pytest

from support.cloud_client import CloudClient
from support.running import Running, running, until


async def blocked(run: Running) -> None:
    """Noticed within 3 s, left alone for 10 s, then ended by SIGTERM."""
    run.start()
    pid = await run.passes()
    await run.habit("blocked")
    began = time.monotonic()
    await _shown(run, "fail")
    assert time.monotonic() - began < 3.5  # and half a second for a busy machine
    assert psutil.Process(pid).status() == psutil.STATUS_SLEEPING
    await asyncio.sleep(began + 9.5 - time.monotonic())
    assert run.servers() == [pid]
    await run.passes(not_pid=pid)
    assert 9.9 < time.monotonic() - began < 20
    down, _ = await run.mails(2)
    assert down.startswith("DOWN: ")
    (bundle,) = (run.directory / "state" / "evidence").iterdir()
    assert f"evidence gathered in {bundle}" in run.mailbox.mails[0].get_content()
    assert json.loads((bundle / "summary.json").read_text())["pid"] == pid


async def stuck_processors(run: Running) -> None:
    """Found by the list request alone."""
    run.start()
    pid = await run.passes()
    await run.habit("stuck-processors")
    began = time.monotonic()
    await _shown(run, "warn", "fail")
    assert time.monotonic() - began < 45
    await run.passes(not_pid=pid)
    assert (await run.mails(2))[0].startswith("DOWN: ")


async def refusing(run: Running) -> None:
    """A server that refuses every session is replaced."""
    run.configure('start_timeout = "3s"\n')
    run.start()
    pid = await run.passes()
    await run.habit("refusing")
    await _shown(run, "fail")  # at the latest by the next list request
    await run.passes(not_pid=pid)
    down, recovered = await run.mails(2)
    assert (down.partition(":")[0], recovered.partition(":")[0]) == ("DOWN", "RECOVERED")
    told = run.mailbox.mails[0].get_content()
    assert "has not served the sidecar's own session since" in told
    assert "registration refused" in told
    assert "the server refuses everybody" in told


async def http_dead(run: Running) -> None:
    """Told, and nobody is dropped; but once nobody is connected, a restart lets new clients in again."""
    run.configure('http_dead_after = "3s"\n')
    run.start()
    pid = await run.passes()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{run.server_port}") as http:
        clients = [await CloudClient.register(http) for _ in range(3)]
        await run.habit("http-dead")
        await run.mails(1)
        assert run.subjects[0].startswith("HTTP DEAD: ")
        assert await run.status() == "warn"
        assert run.servers() == [pid]
        assert [client.socket.closed for client in clients] == [False] * 3
    await run.passes(not_pid=pid, patience=90)  # connections are counted each minute at least
    subjects = await run.mails(4)
    told = sorted(subject.partition(":")[0] for subject in subjects[1:])
    assert told == ["DOWN", "OVER", "RECOVERED"]


async def _shown(run: Running, *statuses: str) -> None:
    async def shown() -> bool:
        return await run.status() in statuses

    await until(shown, lambda: run.log, patience=45)


SCENARIOS = (blocked, stuck_processors, refusing, http_dead)
Scenario = Callable[[Running], Awaitable[None]]


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[Scenario, BaseException | None]:
    async def one(scenario: Scenario) -> None:
        async with running(tmp_path_factory.mktemp("waits")) as run:
            await scenario(run)

    async def together() -> list[BaseException | None]:
        return await asyncio.gather(*map(one, SCENARIOS), return_exceptions=True)

    return dict(zip(SCENARIOS, asyncio.run(together()), strict=True))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_alive_and_of_no_use(ends: dict[Scenario, BaseException | None], scenario: Scenario) -> None:
    error = ends[scenario]
    if error is not None:
        raise error
