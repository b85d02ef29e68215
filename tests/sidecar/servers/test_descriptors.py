"""Without a free descriptor nothing is known for a while: no bug, no second server, none unwatched."""

from __future__ import annotations

import asyncio
import concurrent.futures.thread  # noqa: F401 - loaded when first used otherwise: no descriptor then
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fermatkit.process import open_fds, started
from sidecar.core.actions import Signal, Start
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Absent, Appeared, Exited, SignalFailed, StartFailed
from sidecar.servers import command
from sidecar.servers.pidfd import hold
from support.little_sidecar import Make
from support.locks import holders
from support.reports import Reports

SLEEP = ("sleep", "60")
LETS_GO = "import os; os.closerange(3, 256); os.execlp('sleep', 'sleep', '60')"
LIMIT = 200
"""Of descriptors: more than 77, the lock's in the server."""


@contextmanager
def descriptors_left(number: int) -> Iterator[None]:
    """All but so many are spent."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    spent = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, hard))
    try:
        while True:
            try:
                spent.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        for descriptor in spent[len(spent) - number :]:
            os.close(descriptor)
        del spent[len(spent) - number :]
        yield
    finally:
        for descriptor in spent:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def children() -> set[int]:
    return {int(word) for word in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


@pytest.mark.parametrize("number", range(6))
async def test_a_start_succeeds_or_says_why_it_did_not_and_leaves_nothing(
    make: Make, reports: Reports, tmp_path: Path, number: int
) -> None:
    server, here, before = make(*SLEEP), Path.cwd(), children()
    with descriptors_left(number):
        server.start(Start())
    assert Path.cwd() == here
    (report,) = reports.all
    if isinstance(report, StartFailed):
        assert "Too many open files" in report.why
        assert children() == before
        assert holders(tmp_path / "server.lock") == []
    else:
        assert isinstance(report, Appeared)
        assert children() == before | {report.identity.pid}
        assert started(report.identity.pid) == report.identity.started


@pytest.mark.parametrize("left", [0, 1])
async def test_a_server_that_could_not_be_watched_does_not_run(
    make: Make, reports: Reports, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    limits, spawn, before = resource.getrlimit(resource.RLIMIT_NOFILE), os.posix_spawnp, children()
    free = os.dup(0)
    os.close(free)

    def spawn_and_spend(*arguments: object, **options: object) -> int:
        pid = spawn(*arguments, **options)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + left, limits[1]))  # as other threads might
        return pid

    server = make(*SLEEP)
    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_spawnp", spawn_and_spend)
        try:
            server.start(Start())
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    (failed,) = reports.of(StartFailed)
    assert failed.why.endswith("/stat: Too many open files")
    assert len(reports.all) == 1
    assert children() == before
    server.start(Start())
    await reports.until(Appeared, adopted=False)


@pytest.mark.parametrize("remembers", [True, False])
async def test_a_running_server_is_adopted_as_soon_as_there_are_descriptors(
    make: Make, reports: Reports, tmp_path: Path, remembers: bool
) -> None:
    before = make(*SLEEP)
    before.start(Start())
    identity = (await reports.until(Appeared)).identity
    await before.close()
    after = make(*SLEEP)
    with descriptors_left(0):
        after.attach(identity if remembers else None)
        await asyncio.sleep(0.2)
    await reports.until(Appeared, identity=identity, adopted=True)
    assert reports.of(Absent) == []
    assert holders(tmp_path / "server.lock") == [identity.pid]


async def test_while_it_cannot_be_seen_whether_a_server_runs_none_is_started(
    make: Make, reports: Reports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_SEARCHES", 3)
    before = make(sys.executable, "-c", LETS_GO)
    before.start(Start())
    identity = (await reports.until(Appeared)).identity
    try:
        async with asyncio.timeout(10):
            while holders(tmp_path / "server.lock"):
                await asyncio.sleep(0.01)
        await before.close()
        after = make(*SLEEP)
        with descriptors_left(0):
            after.attach(identity)
            await reports.until(Absent)
            after.start(Start())
            why = (await reports.until(StartFailed)).why
        assert why == "whether a server runs cannot be seen: /proc: Too many open files"
        after.start(Start())
        await reports.until(Appeared, identity=identity, adopted=True)
        assert {report.identity for report in reports.of(Appeared)} == {identity}
    finally:
        os.kill(identity.pid, signal.SIGKILL)


async def test_a_signal_and_an_end_need_no_descriptor(make: Make, reports: Reports) -> None:
    server = make(*SLEEP)
    server.start(Start())
    identity = (await reports.until(Appeared)).identity
    with descriptors_left(0):
        server.signal(Signal(identity, signal.SIGKILL))
        assert await reports.until(Exited) == Exited(identity, Ended(signal=9))
    assert reports.of(SignalFailed) == []


async def test_a_process_that_is_another_by_now_is_not_held_and_costs_no_descriptor() -> None:
    start = started(os.getpid())
    assert start is not None
    before = open_fds(os.getpid())
    with pytest.raises(ProcessLookupError):
        hold(Identity(os.getpid(), start - 1), lambda _: None)
    assert open_fds(os.getpid()) == before
