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

import pytest

from fermatkit.process import started
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
    assert reports.all == []  # not even a moment of "absent"
    assert await reports.until(Appeared) == Appeared(identity, adopted=True)
    server.signal(Signal(identity, signal.SIGKILL))
    assert await reports.until(Exited) == Exited(identity, Ended())  # only its parent would know more
    server.start(Start())
    assert (await reports.until(Appeared, 2)).adopted is False


async def test_it_is_adopted_though_the_sidecar_died_before_it_could_note_anything(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    identity = abandoned(tmp_path, DIES, *SLEEP)
    make(*SLEEP).attach(None)
    assert await reports.until(Appeared) == Appeared(identity, adopted=True)


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
    assert await reports.until(Appeared) == Appeared(identity, adopted=True)


async def test_a_pid_that_is_another_process_by_now_is_not_adopted(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    identity = abandoned(tmp_path, *SLEEP)
    before = Identity(identity.pid, identity.started - 1)
    make(*SLEEP).attach(before)
    assert await reports.until(Appeared) == Appeared(identity, adopted=True)


async def test_a_living_process_without_the_lock_is_not_the_server(make: Make, reports: Reports) -> None:
    make(*SLEEP).attach(identity_of(os.getpid()))  # as after a reboot, when pids begin anew
    assert reports.all == [Absent()]


async def test_a_start_finds_the_server_that_runs_and_starts_no_second(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    identity = abandoned(tmp_path, *SLEEP)
    server = make(*SLEEP)
    for _ in range(3):
        server.start(Start())
    assert await reports.until(Appeared) == Appeared(identity, adopted=True)
    server.start(Start())
    await reports.until(Appeared, 2)
    assert {report.identity for report in reports.of(Appeared)} == {identity}
    assert holders(tmp_path / "server.lock") == [identity.pid]


async def test_an_heir_of_the_server_is_found_when_the_server_dies(make: Make, reports: Reports) -> None:
    server = make("sh", "-c", "sleep 60; true")
    reports.react = lambda what: server.start(Start()) if isinstance(what, Exited) else None
    server.start(Start())
    shell = (await reports.until(Appeared)).identity
    async with asyncio.timeout(PATIENCE):
        while not (heirs := children_of(shell.pid)):
            await asyncio.sleep(0.01)
    server.signal(Signal(shell, signal.SIGKILL))
    appeared = await reports.until(Appeared, 2)
    assert appeared == Appeared(identity_of(heirs[0]), adopted=True)


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_the_server_is_preferred_to_what_it_started_itself(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    with little_sidecar(tmp_path, "sh", "-c", "sleep 60 & sleep 60; true") as process:
        await asyncio.to_thread(heard, process, "Appeared")
        async with asyncio.timeout(PATIENCE):
            while len(family := holders(tmp_path / "server.lock")) < 3:
                await asyncio.sleep(0.01)
    make(*SLEEP).attach(None)
    (shell,) = (pid for pid in family if os.getsid(pid) == pid)
    assert (await reports.until(Appeared)).identity.pid == shell


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
    for number in range(10):
        with little_sidecar(tmp_path, *SLOW) as process:
            time.sleep(moments.uniform(0.05, 0.35))
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
