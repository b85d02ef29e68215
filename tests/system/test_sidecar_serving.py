"""Servers that are alive and answer something, but do not serve: a whole sidecar over a real process."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
    run.configure('http_dead_after = "3s"\n')
    run.start()
    pid = await run.passes()
    await run.habit("http-dead")
    await run.mails(1)
    assert run.subjects[0].startswith("HTTP DEAD: ")
    assert await run.status() == "warn"
    assert run.servers() == [pid]
    os.kill(pid, signal.SIGKILL)
    await run.passes(not_pid=pid)
    subjects = await run.mails(4)
    assert sorted(subject.partition(":")[0] for subject in subjects[1:]) == [
        "DOWN",
        "OVER",
        "RECOVERED",
    ]
