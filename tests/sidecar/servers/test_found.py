"""A server of somebody else's, held: it appears, it ends, another comes; signals reach it and nobody else."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from fermatkit.process import started
from sidecar.core.actions import Signal
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Absent, Appeared, Exited, SignalFailed
from sidecar.servers import search
from sidecar.servers.found import FoundServer, FoundSettings
from support.reports import Reports
from support.running import free_port
from support.strangers import Stranger, strangers

Attach = Callable[..., FoundServer]


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with strangers() as one:
        yield one


@pytest.fixture
def pidfile(tmp_path: Path) -> Path:
    return tmp_path / "cloud.pid"


async def until_dead(identity: Identity) -> None:
    async with asyncio.timeout(20):
        while started(identity.pid) is not None:
            await asyncio.sleep(0.001)


def writes(pidfile: Path, text: str) -> None:
    pidfile.write_text(text)


def names(pidfile: Path, server: Identity) -> None:
    writes(pidfile, str(server.pid))


@pytest.fixture
async def attach(pidfile: Path, reports: Reports) -> AsyncIterator[Attach]:
    """By the pidfile, if nothing else is said."""
    servers: list[FoundServer] = []

    def attach(remembered: Identity | None = None, settings: FoundSettings | None = None) -> FoundServer:
        servers.append(FoundServer(settings or FoundSettings(free_port(), pidfile), reports))
        servers[-1].attach(remembered)
        return servers[-1]

    yield attach
    for server in servers:
        await server.close()


async def test_it_appears_it_ends_and_the_next_appears(
    stranger: Stranger, attach: Attach, reports: Reports, pidfile: Path
) -> None:
    first = stranger()
    names(pidfile, first)
    attach()
    assert (await reports.until(Appeared, identity=first)).adopted
    os.kill(first.pid, signal.SIGKILL)
    assert await reports.until(Exited) == Exited(first, Ended())
    gone = await reports.until(Absent)
    assert f"names pid {first.pid}, which does not run" in gone.why
    second = stranger()
    names(pidfile, second)
    await reports.until(Appeared, identity=second)
    assert reports.of(Absent) == [gone]


async def test_by_its_port_and_by_its_command_line(
    stranger: Stranger, attach: Attach, reports: Reports
) -> None:
    port = free_port()
    server = stranger("found-by-its-words", port=port)
    attach(settings=FoundSettings(port))
    assert await reports.until(Appeared, identity=server)
    attach(settings=FoundSettings(port, match="found-by-its-words"))
    assert await reports.until(Appeared, 2, identity=server)


async def test_each_reason_is_told_once(attach: Attach, reports: Reports, pidfile: Path) -> None:
    attach()
    assert await reports.until(Absent) == Absent(f"{pidfile}: there is no such file")
    writes(pidfile, "")
    assert await reports.until(Absent, 2) == Absent(f"{pidfile}: is empty")
    writes(pidfile, "?")
    await reports.until(Absent, 3)


async def test_who_is_held_is_the_server_as_long_as_it_lives(
    stranger: Stranger, attach: Attach, reports: Reports, pidfile: Path
) -> None:
    """A script that starts a second server writes its pid; but it is the first that has the port."""
    first, second = stranger(), stranger()
    names(pidfile, first)
    attach()
    await reports.until(Appeared)
    names(pidfile, second)
    os.kill(first.pid, signal.SIGKILL)
    await reports.until(Appeared, identity=second)
    assert [type(one) for one in reports.all] == [Appeared, Exited, Appeared]


async def test_what_is_remembered_tells_a_death_from_a_loss(
    stranger: Stranger, attach: Attach, reports: Reports, pidfile: Path
) -> None:
    server = stranger()
    attach(server)
    assert (await reports.until(Absent)).alive == server
    attach(Identity(server.pid, server.started - 1))
    assert (await reports.until(Absent, 2)).alive is None
    writes(pidfile, "")
    attach(server)
    await reports.until(Appeared, identity=server)


async def test_who_has_the_words_is_the_server_only_until_another_with_them_has_the_port(
    stranger: Stranger, attach: Attach, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script prepares for a while, and then starts the server."""
    monkeypatch.setattr(search, "_FLEETING", 0.0)
    port = free_port()
    script = stranger("cloud-server-of-this-test")
    attach(settings=FoundSettings(port, match="cloud-server-of-this-test"))
    await reports.until(Appeared, identity=script)
    server = stranger("cloud-server-of-this-test", port=port)
    await reports.until(Appeared, identity=server)
    assert reports.of(Absent, alive=script)
    os.kill(script.pid, signal.SIGKILL)
    await until_dead(script)  # or it may be found again for a moment
    os.kill(server.pid, signal.SIGKILL)
    await reports.until(Absent, 2)
    assert [one.identity for one in reports.of(Exited)] == [server]


async def test_signals_reach_it_and_nobody_else(
    stranger: Stranger, attach: Attach, reports: Reports, pidfile: Path
) -> None:
    server = stranger()
    names(pidfile, server)
    held = attach()
    await reports.until(Appeared)
    held.signal(Signal(Identity(server.pid, server.started + 1), signal.SIGKILL))
    assert (await reports.until(SignalFailed)).why == "this process is not held any more"
    held.signal(Signal(server, signal.SIGTERM))
    await reports.until(Exited, identity=server)


async def test_letting_go_leaves_it(
    stranger: Stranger, attach: Attach, reports: Reports, pidfile: Path
) -> None:
    server = stranger()
    names(pidfile, server)
    first = attach()
    await reports.until(Appeared)
    attach()
    await reports.until(Appeared, 2)
    await first.close()
    assert started(server.pid) == server.started
    os.kill(server.pid, signal.SIGKILL)
    await reports.until(Absent)
    assert len(reports.of(Exited)) == 1, "who has let go was told"
