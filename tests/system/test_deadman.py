"""The whole sidecar and a dead-man switch: told while it is alive, and of an outage; silent when it hangs."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.running import running, until
from support.switch import Switch, switch

HELD = 'budget = [{ restarts = 0, within = "1h" }]\n'
"""A server that dies stays down."""


@pytest.fixture
async def other() -> AsyncIterator[Switch]:
    async with switch() as one:
        yield one


async def hears(other: Switch, *paths: str) -> None:
    async def heard() -> bool:
        return [path for path, _ in other.heard] == [*paths]

    await until(heard, lambda: f"it heard {other.heard}")


async def test_it_is_told_at_the_start_then_regularly_and_of_an_outage(tmp_path: Path, other: Switch) -> None:
    async with running(tmp_path) as run:
        run.configure(HELD)
        run.config.write_text(f'{run.config.read_text()}[deadman]\nurl = "{other.url}"\ninterval = "10s"\n')
        sidecar = run.start()
        pid = await run.passes()
        await hears(other, "/start")
        await hears(other, "/start", "")
        (check,) = (await run.health())["checks"]["deadman:last"]
        assert (check["status"], check["observedValue"]) == ("pass", "heard")
        os.kill(pid, signal.SIGKILL)
        await hears(other, "/start", "", "/fail")
        assert other.heard[-1][1].endswith("is down.")
        os.kill(sidecar.pid, signal.SIGSTOP)
        await asyncio.sleep(12)
        assert len(other.heard) == 3, "who hangs is silent"
        os.kill(sidecar.pid, signal.SIGCONT)
        await hears(other, "/start", "", "/fail", "/fail")
        assert "secret" not in run.log + str(await run.health())
        assert "Beat" not in run.log
