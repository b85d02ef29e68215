"""``fermat-sidecar pause`` and ``resume`` against a running sidecar."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.running import Running, running, until


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        yield one


def sidecar(run: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sidecar", *arguments, "--config", str(run.config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_a_server_that_is_stopped_in_a_pause_stays_stopped_until_its_end(run: Running) -> None:
    run.start()
    pid = await run.passes()
    paused = sidecar(run, "pause", "30m", "upgrade")
    assert paused.returncode == 0, paused.stderr
    assert paused.stdout.startswith("Paused until 20")
    os.kill(pid, signal.SIGTERM)

    async def down() -> bool:
        return await run.status() == "fail"

    await until(down, lambda: run.log)
    notes = (await run.health())["notes"]
    assert any("keeps its hands off until" in note and "(upgrade)" in note for note in notes), notes
    assert run.servers() == []

    assert run.sidecar is not None
    run.sidecar.kill()  # a pause outlives its sidecar
    run.sidecar.wait()
    run.start()
    await until(down, lambda: run.log)
    assert (run.servers(), run.subjects) == ([], [])

    resumed = sidecar(run, "resume")
    assert (resumed.returncode, resumed.stdout) == (0, "Resumed: the sidecar acts and tells again.\n")
    await run.passes()
    down_, recovered = await run.mails(2)
    assert (down_.partition(":")[0], recovered.partition(":")[0]) == ("DOWN", "RECOVERED")


async def test_a_restart_that_an_operator_asks_for(run: Running) -> None:
    run.start()
    pid = await run.passes()
    ordered = sidecar(run, "restart", "new jar")
    assert (ordered.returncode, ordered.stdout.partition(" is ordered")[0]) == (
        0,
        f"The restart of pid {pid}",
    )
    assert await run.passes(not_pid=pid) != pid
    down, recovered = await run.mails(2)
    assert "a restart was asked for" in down
    assert recovered.startswith("RECOVERED")


async def test_in_a_window_of_the_calendar_a_kill_is_neither_answered_nor_told_until_a_resume(
    run: Running,
) -> None:
    run.start()
    pid = await run.passes()
    assert run.sidecar is not None
    run.sidecar.kill()  # the server runs on
    run.sidecar.wait()
    now = datetime.now(UTC)
    begin, end = (f"{now + timedelta(minutes=minutes):%H:%M}" for minutes in (-1, 10))
    window = f"[[maintenance]]\nfrom = '{begin}'\nto = '{end}'\nwhy = 'weekly upgrade'\n"
    run.config.write_text(run.config.read_text() + window)
    run.start()

    async def adopted() -> bool:
        body = await run.health()
        return bool(body) and body["checks"]["process:state"][0].get("componentId") == str(pid)

    async def gone() -> bool:
        return not await adopted()

    await until(adopted, lambda: run.log)
    os.kill(pid, signal.SIGKILL)
    await until(gone, lambda: run.log)
    await asyncio.sleep(1.0)  # a restart would have been at once
    notes = (await run.health())["notes"]
    assert any("for planned maintenance (weekly upgrade)" in note for note in notes), notes
    assert (run.servers(), run.subjects) == ([], [])

    assert sidecar(run, "resume").returncode == 0
    await run.passes(not_pid=pid)  # and no pause begins again
    down_, recovered = await run.mails(2)
    assert (down_.partition(":")[0], recovered.partition(":")[0]) == ("DOWN", "RECOVERED")


async def test_a_pause_ends_by_itself(run: Running) -> None:
    run.start()
    pid = await run.passes()
    assert sidecar(run, "pause", "3s").returncode == 0
    os.kill(pid, signal.SIGKILL)
    await run.passes(not_pid=pid)
    await run.mails(2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("pause", "soon"), 2, "pause: 'soon' is not a number with one of the units"),
        (("pause", "30m"), 1, "no sidecar with this configuration runs"),
        (("resume",), 1, "no sidecar with this configuration runs"),
    ],
)
async def test_a_wish_that_cannot_be_granted_is_a_line(
    run: Running, arguments: tuple[str, ...], code: int, said: str
) -> None:
    asked = sidecar(run, *arguments)
    assert (asked.returncode, asked.stderr.count("\n")) == (code, 1)
    assert said in asked.stderr


async def test_a_pause_of_a_month_is_refused(run: Running) -> None:
    run.start()
    await run.passes()
    asked = sidecar(run, "pause", "30d")
    assert asked.returncode == 1
    assert "no longer than 7 d" in asked.stderr
