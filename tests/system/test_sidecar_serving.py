"""Servers that are alive and answer something, but do not serve: a whole sidecar over a real process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from support.cloud_client import CloudClient
from support.running import Running, running, until


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        yield one


async def test_a_server_that_refuses_every_session_is_replaced(run: Running) -> None:
    run.configure('start_timeout = "3s"\n')
    run.start()
    pid = await run.passes()
    await run.habit("refusing")

    async def noticed() -> bool:
        return await run.status() == "fail"

    await until(noticed, lambda: run.log, patience=45)  # at the latest by the next list request
    await run.passes(not_pid=pid)
    down, recovered = await run.mails(2)
    assert (down.partition(":")[0], recovered.partition(":")[0]) == ("DOWN", "RECOVERED")
    told = run.mailbox.mails[0].get_content()
    assert "has not served the sidecar's own session since" in told
    assert "registration refused" in told
    assert "the server refuses everybody" in told


async def test_http_alone_dead_is_told_and_nobody_is_dropped(run: Running) -> None:
    """But once nobody is connected, a restart costs nothing and lets new clients in again."""
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
    assert sorted(subject.partition(":")[0] for subject in subjects[1:]) == [
        "DOWN",
        "OVER",
        "RECOVERED",
    ]
