"""The whole sidecar over the stand-in: the ways in which a server goes away or falls silent, and back."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.running import PATIENCE, Running, running, until

FAST = """
budget = [{ restarts = 100, within = "1h" }]
storm_limit = { times = 100, within = "1h" }
backoff_first = "50ms"
backoff_max = "100ms"
term_deadline = "2s"
"""
SHORT_HANG = 'hung_after = "1s"\ncontinue_deadline = "3s"\n'


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        yield one


async def test_four_deaths_with_the_default_budget_are_four_new_servers_and_eight_mails(run: Running) -> None:
    run.start()
    pid = await run.passes()
    for number in range(1, 5):
        os.kill(pid, signal.SIGKILL)
        pid = await run.passes(not_pid=pid)
        assert run.servers() == [pid]
        assert await run.registers()
        subjects = await run.mails(2 * number)
        assert subjects[-2].startswith("DOWN: ")
        assert subjects[-1].startswith("RECOVERED: ")
    assert "SIGKILL" in run.mailbox.mails[0].get_content()
    await run.stop()
    assert len(run.mailbox.mails) == 8
    assert run.servers() == []


async def test_twenty_deaths_with_a_larger_budget(run: Running) -> None:
    run.configure(FAST)
    run.start()
    pid = await run.passes()
    for _ in range(20):
        os.kill(pid, signal.SIGKILL)
        pid = await run.passes(not_pid=pid)
        assert run.servers() == [pid]
    assert await run.registers()
    subjects = await run.mails(40)
    assert [subject.partition(":")[0] for subject in subjects] == ["DOWN", "RECOVERED"] * 20


async def test_twenty_blocked_servers_with_shorter_waits(tmp_path: Path) -> None:
    """Four sidecars at a time, for they wait most of it."""

    async def five(number: int) -> list[str]:
        directory = tmp_path / str(number)
        directory.mkdir()
        async with running(directory) as run:
            run.configure(FAST + SHORT_HANG)
            run.start()
            pid = await run.passes()
            for _ in range(5):
                await run.habit("blocked")
                pid = await run.passes(not_pid=pid)
                assert run.servers() == [pid]
            assert await run.registers()
            return await run.mails(10)

    for subjects in await asyncio.gather(*map(five, range(4))):
        assert [subject.partition(":")[0] for subject in subjects] == ["DOWN", "RECOVERED"] * 5


async def test_the_default_budget_is_spent_and_said(run: Running) -> None:
    run.configure('backoff_first = "10ms"\nbackoff_max = "20ms"\n')
    run.start()
    pid = await run.passes()
    for _ in range(6):
        os.kill(pid, signal.SIGKILL)
        pid = await run.passes(not_pid=pid)
    os.kill(pid, signal.SIGKILL)
    subjects = await run.mails(14)
    assert "budget" in subjects[-1].lower()
    assert await run.status() == "fail"
    assert run.servers() == []
    body = run.mailbox.mails[-1].get_content()
    assert "the restart budget is spent" in body
    assert "6 restarts in 10 min" in body
    started = time.monotonic()
    assert await run.stop() == 0
    assert time.monotonic() - started < 5


async def test_a_server_that_ignores_sigterm_is_killed(run: Running) -> None:
    run.configure(FAST + SHORT_HANG)
    run.start()
    pid = await run.passes()
    await run.habit("ignore-term")
    await run.habit("blocked")
    await run.passes(not_pid=pid)
    await run.mails(2)
    assert "SIGKILL" in run.mailbox.mails[1].get_content()


async def test_a_stopped_server_is_continued_and_nobody_is_dropped(run: Running) -> None:
    run.start()
    pid = await run.passes()
    os.kill(pid, signal.SIGSTOP)
    subjects = await run.mails(2)
    assert subjects[0].startswith("DOWN: ")
    assert subjects[1].startswith("RECOVERED: ")
    assert await run.passes() == pid
    assert "SIGCONT" in run.mailbox.mails[1].get_content()
    server_log = (run.directory / "server" / "fermat_server.log").read_text()
    assert server_log.count("COMPONENT_REGISTRATION_REQUEST") <= 2  # the held session was not opened again


async def test_exit_status_0_is_a_death(run: Running) -> None:
    """As the real server ends with an empty configuration: again and again."""
    (run.directory / "server" / "configuration").mkdir(parents=True)
    (run.directory / "server" / "configuration" / "server_conf.properties").touch()
    run.configure('budget = [{ restarts = 2, within = "1h" }]\nbackoff_first = "10ms"\n')
    run.start()
    await run.mails(3)
    told = {str(mail["Subject"]).partition(":")[0]: mail.get_content() for mail in run.mailbox.mails}
    assert "exit code 0" in told["DOWN"]
    (why,) = told.keys() - {"DOWN", "STAYS DOWN"}
    assert why in {
        "STILL DOWN",
        "BAD CONFIGURATION",
    }  # a part of the story, or before it: a start may be slow
    assert "server_conf.properties: empty" in told[why]
    assert run.servers() == []


async def test_a_command_that_does_not_exist_is_told(run: Running) -> None:
    text = run.config.read_text().replace(sys.executable, "/no/such/java")
    run.config.write_text(text)
    run.start()
    (subject,) = (await run.mails(1))[:1]
    assert subject.startswith("DOWN: ")
    assert "/no/such/java" in run.mailbox.mails[0].get_content()


async def test_a_clean_stop_ends_the_server_and_the_next_start_is_no_outage(run: Running) -> None:
    run.start()
    await run.passes()
    began = time.monotonic()
    assert await run.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 3
    assert run.servers() == []
    run.start()
    await run.passes()
    await run.stop()
    assert run.mailbox.mails == []
    assert "Traceback" not in run.log


async def test_a_stop_may_leave_the_server_and_the_next_sidecar_adopts_it(run: Running) -> None:
    run.configure(server="on_stop = 'leave'")
    run.start()
    pid = await run.passes()
    assert await run.stop() == 0
    assert run.servers() == [pid]
    run.start()
    assert await run.passes() == pid
    assert run.mailbox.mails == []


async def test_a_terminals_ctrl_c_reaches_the_sidecar_only(run: Running) -> None:
    run.start()
    pid = await run.passes()
    assert run.sidecar is not None
    assert os.getsid(pid) == pid
    os.killpg(run.sidecar.pid, signal.SIGINT)
    assert await asyncio.to_thread(run.sidecar.wait, PATIENCE) == 0
    assert run.mailbox.mails == []


async def test_a_second_sidecar_and_a_port_in_use_are_one_line_each(run: Running) -> None:
    run.start()
    await run.passes()
    second = [sys.executable, "-m", "sidecar", "run", "--config", str(run.config)]
    done = await asyncio.to_thread(subprocess.run, second, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode in (2, 3)
    assert len(done.stderr.splitlines()) == 1
    assert "another sidecar" in done.stderr
    other = run.directory / "other.toml"
    other.write_text(run.config.read_text().replace("'state'", "'other'"))
    third = [sys.executable, "-m", "sidecar", "run", "--config", str(other)]
    done = await asyncio.to_thread(subprocess.run, third, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert str(run.health_port) in done.stderr


async def test_kill_9_of_the_sidecar_ten_times_in_an_outage_one_server_never_two_never_none(
    run: Running,
) -> None:
    run.configure(FAST)
    seed = random.randrange(10**6)
    moment = random.Random(seed)
    most = 0

    async def count() -> None:
        nonlocal most
        while True:
            most = max(most, len(await asyncio.to_thread(run.servers)))

    counting = asyncio.create_task(count())
    run.start()
    pid = await run.passes()
    for _ in range(10):
        await until(run.settled, lambda: str(run.subjects))  # else two outages may become one story
        os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(moment.random() * 0.6)
        assert run.sidecar is not None
        run.sidecar.kill()
        run.sidecar.wait()
        run.start()
        pid = await run.passes(not_pid=pid)
        assert run.servers() == [pid], f"seed {seed}"
    assert await run.registers()
    counting.cancel()
    assert most == 1, f"seed {seed}"
    await until(run.settled, lambda: str(run.subjects))
    told = list(dict.fromkeys(run.message_ids))  # at least once: a duplicate has the same id
    assert [one.rpartition("-")[2] for one in told] == ["opened", "closed"] * 10, f"seed {seed}"


async def test_kill_9_right_after_the_first_start(run: Running) -> None:
    """Between the start and the note of it: the lock knows."""
    for pause in (0.0, 0.02, 0.1, 0.3):
        sidecar = run.start()

        async def born() -> bool:
            return bool(run.servers())

        await until(born, lambda: run.log)
        await asyncio.sleep(pause)
        sidecar.kill()
        sidecar.wait()
        (pid,) = run.servers()
        run.start()
        assert await run.passes() == pid
        await run.stop()
        assert run.servers() == []
