"""What a server leaves behind: not the server when its end was seen, nor in the way of the next."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fermatkit.process import started
from sidecar.core.actions import Signal, Start
from sidecar.core.nouns import Identity
from sidecar.core.observations import Absent, Appeared, Exited, StartFailed
from sidecar.servers import command
from sidecar.servers.command import CommandServer
from sidecar.servers.heirs import end
from support.little_sidecar import Make
from support.locks import holders, kill
from support.reports import Reports
from support.users import another_user

SLEEP = ("sleep", "60")
LEAVES_HELPER = ("sh", "-c", "sleep 1000 & exec sleep 60")
LEAVES_STUBBORN = ("sh", "-c", "(trap '' TERM; exec sleep 1000) & exec sleep 60")
WRAPPER = ("sh", "-c", "sleep 1000; true")
LETS_GO = (
    sys.executable,
    "-c",
    """
import os
os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "1000")
os.closerange(3, 256)
os.execlp("sleep", "sleep", "60")
""",
)
PATIENCE = 20.0


async def family(lock: Path, number: int) -> list[int]:
    """Wait until so many hold the lock, each as the program that it will be."""
    async with asyncio.timeout(PATIENCE):
        while len(found := holders(lock)) != number or not all(map(settled, found)):
            await asyncio.sleep(0.01)
    return found


def settled(pid: int) -> bool:
    name = Path(f"/proc/{pid}/comm").read_text()
    return name == "sleep\n" or (name == "sh\n" and os.getsid(pid) == pid)


def identity_of(pid: int) -> Identity:
    start = started(pid)
    assert start is not None
    return Identity(pid, start)


async def started_family(server: CommandServer, reports: Reports, lock: Path) -> tuple[Identity, int]:
    """A server, and the one that it will leave behind."""
    server.start(Start())
    identity = (await reports.until(Appeared)).identity
    (heir,) = set(await family(lock, 2)) - {identity.pid}
    return identity, heir


@pytest.mark.parametrize("script", [LEAVES_HELPER, LEAVES_STUBBORN, WRAPPER])
async def test_heirs_end_before_the_next_server_starts(
    make: Make,
    reports: Reports,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: tuple[str, ...],
) -> None:
    monkeypatch.setattr(command, "_SEARCHES", 20)
    server = make(*script)
    reports.react = lambda what: server.start(Start()) if isinstance(what, Exited) else None
    first, heir = await started_family(server, reports, tmp_path / "server.lock")
    server.signal(Signal(first, signal.SIGKILL))
    second = await reports.until(Appeared, 2)
    assert not second.adopted
    assert heir not in await family(tmp_path / "server.lock", 2)
    assert reports.of(StartFailed) == []


async def test_an_heir_that_does_not_end_is_named(
    make: Make, reports: Reports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make(*LEAVES_HELPER)
    first, heir = await started_family(server, reports, tmp_path / "server.lock")
    server.signal(Signal(first, signal.SIGKILL))
    await reports.until(Exited)
    monkeypatch.setattr(command, "_SEARCHES", 1)  # too few to see an end
    server.start(Start())
    await reports.until(StartFailed)
    assert reports.all[-1] == StartFailed(
        f"{tmp_path}/server.lock is held by what the server left behind: end process {heir} (sleep)"
    )


async def test_an_heir_that_may_not_be_ended_is_named_with_the_reason(make: Make, reports: Reports) -> None:
    make(*SLEEP).start(Start())
    identity = (await reports.until(Appeared)).identity
    with another_user():
        assert end(identity, signal.SIGTERM).endswith("), Operation not permitted")


async def test_a_clean_end_was_seen_and_its_heirs_are_no_server(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    server = make(*LEAVES_HELPER)
    first, heir = await started_family(server, reports, tmp_path / "server.lock")
    server.signal(Signal(first, signal.SIGTERM))
    await reports.until(Exited)
    await server.close()
    make(*LEAVES_HELPER).attach(None)
    await reports.until(Absent)
    assert heir not in holders(tmp_path / "server.lock")
    assert len(reports.of(Appeared)) == 1


async def test_the_server_behind_a_wrapper_whose_end_nobody_saw_is_adopted(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    server = make(*WRAPPER)
    wrapper, heir = await started_family(server, reports, tmp_path / "server.lock")
    await server.close()
    kill(wrapper.pid)
    after = make(*WRAPPER)
    after.attach(wrapper)
    await reports.until(Appeared, identity=identity_of(heir), adopted=True)
    after.start(Start())  # and stays the server
    await reports.until(Appeared, 2, identity=identity_of(heir))


@pytest.mark.parametrize("script", [LEAVES_HELPER, LEAVES_STUBBORN, WRAPPER, LETS_GO])
async def test_the_server_is_preferred_to_what_it_started_itself(
    make: Make, reports: Reports, tmp_path: Path, script: tuple[str, ...]
) -> None:
    server = make(*script)
    server.start(Start())
    identity = (await reports.until(Appeared)).identity
    try:
        await family(tmp_path / "server.lock", 1 if script is LETS_GO else 2)
        await server.close()
        make(*script).attach(None)
        await reports.until(Appeared, identity=identity, adopted=True)
    finally:
        kill(identity.pid)


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[tuple[str, ...]]:
    """A command that leaves the sidecar in the way of a classical daemon."""
    note = tmp_path / "pid"
    note.touch()
    code = (
        "import os, time\n"
        "if os.fork(): os._exit(0)\n"
        "os.setsid()\n"
        "if os.fork(): os._exit(0)\n"
        f"open({str(note)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "time.sleep(60)"
    )
    yield sys.executable, "-c", code
    for line in note.read_text().split():
        kill(int(line))


async def test_a_command_that_becomes_a_daemon_has_ended_and_there_is_never_a_second(
    make: Make, reports: Reports, tmp_path: Path, daemon: tuple[str, ...]
) -> None:
    server = make(*daemon)
    for number in range(1, 4):
        server.start(Start())
        ended = await reports.until(Exited, number)
        assert ended.ended.code == 0
        assert len(await family_of_daemons(tmp_path / "pid", number)) == 1


async def family_of_daemons(note: Path, number: int) -> list[int]:
    async with asyncio.timeout(PATIENCE):
        while len(pids := note.read_text().split()) < number:  # noqa: ASYNC240 - a short local file
            await asyncio.sleep(0.01)
    return [int(pid) for pid in pids if started(int(pid)) is not None]
