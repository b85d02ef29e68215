"""The whole sidecar over a stand-in that somebody else has started: watched and told of, never run by it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from support.disks import small_disk
from support.others import BY_PIDFILE, named, somebody_starts_it
from support.running import Running, running, until

SHORT_HANG = 'hung_after = "1s"\n'


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        yield one


@pytest.mark.parametrize("way", [BY_PIDFILE, "match = 'cloudserver --port {port}'", ""])
async def test_a_death_is_told_and_so_is_who_comes_back(run: Running, way: str) -> None:
    named(run, way.format(port=run.server_port))
    first = somebody_starts_it(run)
    run.start()
    assert await run.passes() == first
    os.kill(first, signal.SIGKILL)
    (subject,) = await run.mails(1)
    assert subject.startswith("DOWN: ")
    told = run.mailbox.mails[0].get_content()
    assert "this sidecar cannot start it" in told
    assert "server-output.log" not in told, "there is no such file"
    await asyncio.sleep(1.5)
    assert run.servers() == []
    second = somebody_starts_it(run)
    assert await run.passes() == second
    assert (await run.mails(2))[1].startswith("RECOVERED: ")
    assert await run.registers()
    assert await run.stop() == 0
    assert run.servers() == [second]
    run.start()
    assert await run.passes() == second
    assert len(run.mailbox.mails) == 2
    assert "Traceback" not in run.log


async def test_a_state_directory_that_is_read_only_keeps_nobody_from_watching(
    tmp_path: Path, run: Running
) -> None:
    named(run, BY_PIDFILE)
    first = somebody_starts_it(run)
    with small_disk(tmp_path / "state", "20g") as disk:
        run.start()
        await run.passes()
        os.kill(first, signal.SIGKILL)
        await run.mails(1)
        await until(run.settled, lambda: run.log)
        await asyncio.sleep(0.5)  # and that is on the disk, too
        assert await run.stop(signal.SIGKILL) == -signal.SIGKILL
        disk.make("ro")
        run.start()
        await until(lambda: said(run, "memory not saved"), lambda: run.log)
        assert "Read-only file system" in str(await run.health())
        second = somebody_starts_it(run)
        assert (await run.mails(2))[1].startswith("RECOVERED: ")  # of the outage before: it was read
        os.kill(second, signal.SIGKILL)
        assert (await run.mails(3))[2].startswith("DOWN: ")
        disk.make("rw")
        await until(lambda: said(run, "memory saved again"), lambda: run.log)
        assert await run.stop() == 0
    assert "Traceback" not in run.log


async def said(run: Running, words: str) -> bool:
    return words in run.log


async def test_a_hung_one_is_told_with_evidence_and_not_ended(run: Running) -> None:
    named(run, BY_PIDFILE, SHORT_HANG)
    pid = somebody_starts_it(run)
    run.start()
    await run.passes()
    await run.habit("blocked")
    (subject,) = await run.mails(1)
    assert subject.endswith(": hangs")
    told = run.mailbox.mails[0].get_content()
    assert "not ended, for this sidecar could not start it again" in told
    (bundle,) = (run.directory / "state" / "evidence").iterdir()
    assert f"evidence gathered in {bundle}" in told
    assert "server-output.txt" not in (bundle / "summary.json").read_text().partition('"none"')[0]
    await asyncio.sleep(3)
    assert run.servers() == [pid]
    assert psutil.Process(pid).status() == psutil.STATUS_SLEEPING
    os.kill(pid, signal.SIGKILL)
    new = somebody_starts_it(run)
    assert await run.passes() == new
    assert (await run.mails(2))[1].startswith("RECOVERED: ")


async def test_a_pidfile_whose_pid_is_anothers_by_now_names_no_server(run: Running) -> None:
    named(run, BY_PIDFILE, SHORT_HANG)
    pidfile = run.directory / "cloud.pid"
    pidfile.write_text(str(os.getpid()))
    an_hour_before = psutil.Process().create_time() - 3600
    os.utime(pidfile, (an_hour_before, an_hour_before))
    run.start()
    (subject,) = await run.mails(1)
    assert subject.startswith("NOT FOUND: ")
    told = " ".join(run.mailbox.mails[0].get_content().split())
    assert f"{pidfile}: names pid {os.getpid()}, but was written at " in told
    assert "correct unit, pidfile, match or port" in told
    pid = somebody_starts_it(run)
    assert await run.passes() == pid
    assert (await run.mails(2))[1].startswith("RECOVERED: ")


async def test_nobody_at_first_is_shown_at_once(run: Running) -> None:
    """And told only if it lasts: whoever starts it may be about to."""
    named(run, BY_PIDFILE)
    run.start()

    async def shown() -> bool:
        return "cloud.pid: there is no such file" in str((await run.health()).get("output"))

    await until(shown, lambda: run.log)
    somebody_starts_it(run)
    await run.passes()
    assert await run.stop() == 0
    assert run.mailbox.mails == []
