"""One server, never two, never none: whatever becomes of the sidecars that keep it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from fermatkit.process import has_open, started
from sidecar.core.actions import Signal, Start
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Absent, Appeared, Exited, StartFailed
from sidecar.servers import command
from support.little_sidecar import DIES, Make
from support.locks import clean_up, holders, kill
from support.reports import Reports

SLEEP = ("sleep", "60")
SLOW = (sys.executable, "-c", "import time; time.sleep(60)")
PATIENCE = 20.0


def identity_of(pid: int) -> Identity:
    start = started(pid)
    assert start is not None
    return Identity(pid, start)


@contextmanager
def little_sidecar(directory: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that keeps a server."""
    arguments = [sys.executable, "-m", "support.little_sidecar", str(directory), *words]
    environment = {**os.environ, "PYTHONPATH": "tests"}
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return line
    raise AssertionError(f"it ended without {word}")


def abandoned(directory: Path, *words: str) -> Identity:
    """Leave a server whose sidecar was killed."""
    with little_sidecar(directory, *words) as process:
        if DIES not in words:
            heard(process, "Appeared")
            process.kill()
        process.wait(PATIENCE)
    (pid,) = holders(directory / "server.lock")
    return identity_of(pid)


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path) -> Iterator[None]:
    yield
    clean_up(tmp_path / "server.lock")


@pytest.mark.parametrize("remembers", [True, False])
async def test_a_server_outlives_its_sidecar_and_is_adopted(
    make: Make, reports: Reports, tmp_path: Path, remembers: bool
) -> None:
    identity = abandoned(tmp_path, *SLEEP)
    server = make(*SLEEP)
    server.attach(identity if remembers else None)
    (appeared,) = reports.all  # not even a moment of "absent"
    assert isinstance(appeared, Appeared)
    assert appeared.adopted
    assert appeared.identity == identity
    assert 0 < appeared.age < PATIENCE
    server.signal(Signal(identity, signal.SIGKILL))
    assert await reports.until(Exited) == Exited(identity, Ended())  # only its parent would know more
    server.start(Start())
    assert (await reports.until(Appeared, 2)).adopted is False


async def test_it_is_adopted_though_the_sidecar_died_before_it_could_note_anything(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    identity = abandoned(tmp_path, DIES, *SLEEP)
    make(*SLEEP).attach(None)
    await reports.until(Appeared, identity=identity, adopted=True)


async def test_a_ctrl_c_at_the_sidecars_terminal_does_not_reach_the_server(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    with little_sidecar(tmp_path, *SLEEP) as process:
        await asyncio.to_thread(heard, process, "Appeared")
        (pid,) = holders(tmp_path / "server.lock")
        identity = identity_of(pid)
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does: everybody in the foreground
        await asyncio.to_thread(process.wait, PATIENCE)
    make(*SLEEP).attach(None)
    await reports.until(Appeared, identity=identity, adopted=True)


async def test_a_pid_that_is_another_process_by_now_is_not_adopted(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    identity = abandoned(tmp_path, *SLEEP)
    before = Identity(identity.pid, identity.started - 1)
    make(*SLEEP).attach(before)
    await reports.until(Appeared, identity=identity, adopted=True)


async def test_a_living_process_that_leads_no_session_is_not_the_server(make: Make, reports: Reports) -> None:
    somebody = await asyncio.create_subprocess_exec(*SLEEP)  # as after a reboot, when pids begin anew
    make(*SLEEP).attach(identity_of(somebody.pid))
    assert reports.all == [Absent()]
    somebody.kill()
    await somebody.wait()


LETS_GO = "import os; os.closerange(3, 256); os.execlp('sleep', 'sleep', '60')"
CLOSING = (sys.executable, "-c", LETS_GO)
"""A launcher that closes all that it inherited, and becomes the server."""


async def test_a_server_without_its_lock_is_adopted_by_its_name(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    server = make(*CLOSING)
    server.start(Start())
    identity = (await reports.until(Appeared)).identity
    try:
        await without_lock(identity.pid, tmp_path / "server.lock")
        await server.close()
        after = make(*CLOSING)
        after.attach(identity)
        await reports.until(Appeared, identity=identity, adopted=True)
        after.signal(Signal(identity, signal.SIGKILL))
        await reports.until(Exited, identity=identity)
        after.start(Start())
        second = await reports.until(Appeared, adopted=False, number=2)
        assert second.identity != identity
    finally:
        for appeared in reports.of(Appeared):
            kill(appeared.identity.pid)


async def test_a_server_whose_locks_file_was_deleted_is_adopted_by_its_name(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    identity = abandoned(tmp_path, *SLEEP)
    (tmp_path / "server.lock").unlink()
    try:
        make(*SLEEP).attach(identity)
        assert [(type(report), report.identity) for report in reports.of(Appeared)] == [(Appeared, identity)]
        assert reports.of(Absent) == []
    finally:
        kill(identity.pid)


async def test_a_start_beside_a_server_that_has_let_go_of_its_lock_starts_no_second(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    server = make(*CLOSING)
    server.start(Start())
    identity = (await reports.until(Appeared)).identity
    try:
        await without_lock(identity.pid, tmp_path / "server.lock")
        server.start(Start())
        await reports.until(Appeared, identity=identity, adopted=True)
        assert {report.identity for report in reports.of(Appeared)} == {identity}
    finally:
        for appeared in reports.of(Appeared):
            kill(appeared.identity.pid)


async def test_a_remembered_server_that_has_ended_is_absent_at_once(make: Make, reports: Reports) -> None:
    make(*SLEEP).attach(Identity(2**22 + 1, 1))
    assert reports.all == [Absent()]


async def test_who_only_looks_at_the_lock_is_not_the_server(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    lock = os.open(tmp_path / "server.lock", os.O_RDWR | os.O_CREAT)
    reader = await asyncio.create_subprocess_exec(*SLEEP, pass_fds=[lock], start_new_session=True)
    os.close(lock)  # a backup, say, which has been reading since before the server started
    with little_sidecar(tmp_path, *SLEEP) as process:
        line = await asyncio.to_thread(heard, process, "Appeared")
    make(*SLEEP).attach(None)
    identity = (await reports.until(Appeared, adopted=True)).identity
    assert f"pid={identity.pid}," in line
    assert identity.pid != reader.pid
    reader.kill()
    await reader.wait()


async def without_lock(pid: int, lock: Path) -> None:
    async with asyncio.timeout(PATIENCE):
        while psutil.Process(pid).name() != "sleep":
            await asyncio.sleep(0.01)
    assert not has_open(pid, {str(lock)})


async def test_a_start_finds_the_server_that_runs_and_starts_no_second(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    identity = abandoned(tmp_path, *SLEEP)
    server = make(*SLEEP)
    for _ in range(3):
        server.start(Start())
    await reports.until(Appeared, identity=identity, adopted=True)
    server.start(Start())
    await reports.until(Appeared, 2)
    assert {report.identity for report in reports.of(Appeared)} == {identity}
    assert holders(tmp_path / "server.lock") == [identity.pid]


async def test_a_lock_that_nobody_is_seen_to_hold_is_respected_and_said(
    make: Make, reports: Reports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_SEARCHES", 3)
    lock = os.open(tmp_path / "server.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)  # by ourselves: the search leaves us out
    server = make(*SLEEP)
    server.attach(None)
    await reports.until(Absent)
    server.start(Start())
    why = f"{tmp_path}/server.lock is held by a process that cannot be found: no second server is started"
    assert await reports.until(StartFailed) == StartFailed(why)
    os.close(lock)
    server.start(Start())
    assert not (await reports.until(Appeared)).adopted


async def test_a_server_that_is_just_dying_is_waited_for(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    lock = os.open(tmp_path / "server.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    server = make(*SLEEP)
    server.start(Start())
    asyncio.get_running_loop().call_later(0.1, os.close, lock)
    assert not (await reports.until(Appeared)).adopted


async def test_a_search_ends_with_the_sidecar(make: Make, reports: Reports, tmp_path: Path) -> None:
    lock = os.open(tmp_path / "server.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    server = make(*SLEEP)
    server.attach(None)
    await server.close()
    os.close(lock)
    await asyncio.sleep(0.1)
    assert reports.all == []


def test_kills_at_any_moment_leave_one_server(tmp_path: Path) -> None:
    """Sidecars are killed at random moments of their start, servers too: never two, and in the end one."""
    moments = random.Random(2)
    lock = tmp_path / "server.lock"
    seen: set[int] = set()
    began = time.monotonic()
    with little_sidecar(tmp_path, *SLOW) as process:
        heard(process, "Appeared")
    took = time.monotonic() - began  # by the hour: the machine may be busy
    for pid in holders(lock):
        kill(pid)
    for number in range(40):
        if number >= 10 and seen:
            break
        with little_sidecar(tmp_path, *SLOW) as process:
            time.sleep(moments.uniform(0.2 * took, 2.0 * took))
            if number % 3 == 2:
                for pid in holders(lock):
                    kill(pid)
                time.sleep(moments.uniform(0, 0.02))
        now = [pid for pid in holders(lock) if started(pid) is not None]
        assert len(now) <= 1
        seen.update(now)
    assert seen
    with little_sidecar(tmp_path, *SLOW) as process:
        heard(process, "Appeared")
        assert len(holders(lock)) == 1
