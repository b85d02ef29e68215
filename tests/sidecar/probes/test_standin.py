"""All the probes, with their own defaults, on a real stand-in: noticed within 3 s, and nobody harmed."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from cloudserver.session import Session
from fermatkit.measures import Measure
from fermatkit.process import started
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Answered, Listened, Registered, Sampled, SessionLost, Unanswered
from sidecar.probes.conversation import Rhythm
from sidecar.probes.heartbeat import Heartbeat, HeartbeatSettings
from sidecar.probes.http import HttpProbe, HttpSettings
from sidecar.probes.process import ProcessProbe, ProcessSettings
from sidecar.store.keys import load_keys
from support.cloud_client import CloudClient
from support.reports import Reports
from support.standin import StandinProcess, serving, starting

NOTICED = 3.5
"""Three seconds, and half a second for a busy machine."""


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandinProcess]:
    with serving(tmp_path) as process:
        yield process


@pytest.fixture
async def identity(
    standin: StandinProcess, tmp_path: Path, reports: Reports, rhythm: Rhythm
) -> AsyncIterator[Identity]:
    async with probing(standin, tmp_path, reports, rhythm) as identity:
        yield identity


@asynccontextmanager
async def probing(
    standin: StandinProcess, tmp_path: Path, reports: Reports, rhythm: Rhythm | None = None
) -> AsyncIterator[Identity]:
    """The stand-in, watched and registered with."""
    port = int(standin.url.rpartition(":")[2])
    keys = load_keys(tmp_path / "keys.json")
    http = HttpProbe(HttpSettings(port=port), reports)

    def doubt(what: object) -> None:
        """As the core does."""
        if isinstance(what, Unanswered) and what.sign is Sign.PONG:
            http.doubt(None)

    reports.react = doubt
    probes = (
        Heartbeat(HeartbeatSettings(port=port, rhythm=rhythm or Rhythm()), keys, reports),
        http,
        ProcessProbe(ProcessSettings(port), reports),
    )
    identity = Identity(standin.process.pid, started(standin.process.pid) or 0)
    for probe in probes:
        probe.watch(identity)
    await reports.until(Registered)
    await reports.until(Answered, sign=Sign.HTTP)
    try:
        yield identity
    finally:
        for probe in probes:
            await probe.close()


@pytest.fixture
def rhythm() -> Rhythm:
    return Rhythm()


async def take_up(standin: StandinProcess, habit: str) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{standin.url}/standin/habits/{habit}") as answer:
        assert answer.status == 200


def registrations(standin: StandinProcess) -> int:
    return standin.stdout.count("joins the registered connections")


async def test_a_stopped_server_is_noticed_and_recovers_on_the_same_session(
    standin: StandinProcess, reports: Reports, identity: Identity
) -> None:
    standin.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    await reports.until(Unanswered, sign=Sign.PONG)
    await reports.until(Unanswered, sign=Sign.HTTP)
    await reports.until(Sampled, state="T")
    assert time.monotonic() - began < NOTICED
    standin.process.send_signal(signal.SIGCONT)
    after = len(reports.of(Answered, sign=Sign.PONG))
    await reports.until(Answered, after + 3, sign=Sign.PONG)
    await reports.until(Answered, len(reports.of(Answered, sign=Sign.HTTP)) + 1, sign=Sign.HTTP)
    assert reports.all[-1].identity == identity  # type: ignore[attr-defined]
    assert (len(reports.of(Registered)), reports.of(SessionLost)) == (1, [])
    assert registrations(standin) == 1


FEW_DESCRIPTORS = ("sh", "-c", 'ulimit -n 40; exec "$@"', "sh", sys.executable, "-m", "cloudserver")


async def test_a_server_that_lets_nobody_new_in_is_noticed_while_the_held_session_is_well(
    tmp_path: Path, reports: Reports
) -> None:
    with starting(tmp_path, "--port", "0", command=FEW_DESCRIPTORS) as standin, ExitStack() as crowd:
        standin.wait_for("/fermat\n")
        async with probing(standin, tmp_path, reports):
            address = ("127.0.0.1", int(standin.url.rpartition(":")[2]))
            for _ in range(40):
                crowd.enter_context(socket.create_connection(address, timeout=5))
            began = time.monotonic()
            await reports.until(Unanswered, sign=Sign.HTTP)
            assert time.monotonic() - began < HttpSettings().rest + NOTICED
            before = len(reports.of(Answered, sign=Sign.PONG))
            await reports.until(Answered, before + 2, sign=Sign.PONG)
            assert reports.of(SessionLost) == reports.of(Unanswered, sign=Sign.PONG) == []
            crowd.close()
            before = len(reports.of(Answered, sign=Sign.HTTP))
            await reports.until(Answered, before + 2, sign=Sign.HTTP)


@pytest.mark.usefixtures("identity")
async def test_a_blocked_server_is_noticed_and_its_session_held(
    standin: StandinProcess, reports: Reports
) -> None:
    await take_up(standin, "blocked")
    began = time.monotonic()
    await reports.until(Unanswered, sign=Sign.PONG)
    await reports.until(Unanswered, sign=Sign.HTTP)
    assert time.monotonic() - began < NOTICED
    assert (await reports.until(Sampled, len(reports.of(Sampled)) + 1)).state == "S"
    assert reports.of(SessionLost) == []


@pytest.mark.usefixtures("identity")
@pytest.mark.parametrize("rhythm", [Rhythm(list_interval=0.5, list_limit=0.5)])
async def test_stuck_processors_are_noticed_by_the_list_alone(
    standin: StandinProcess, reports: Reports
) -> None:
    await take_up(standin, "stuck-processors")
    await reports.until(Unanswered, 2, sign=Sign.LIST)
    pongs, answers = len(reports.of(Answered, sign=Sign.PONG)), len(reports.of(Answered, sign=Sign.HTTP))
    await reports.until(Answered, pongs + 1, sign=Sign.PONG)
    await reports.until(Answered, answers + 1, sign=Sign.HTTP)
    assert not reports.of(Unanswered, sign=Sign.PONG)
    assert not reports.of(SessionLost)


@pytest.mark.usefixtures("identity")
async def test_a_session_that_the_server_closed_is_registered_again(
    standin: StandinProcess, reports: Reports, tmp_path: Path
) -> None:
    double = Session(load_keys(tmp_path / "keys.json"), lambda: "id")
    async with aiohttp.ClientSession(standin.url) as http:
        client = await CloudClient.register(http, double)  # the new one wins, the old one is closed
        assert (await reports.until(SessionLost)).why == "closed by the server: 1000"
        await reports.until(Registered, 2)
        assert await client.closed() == (1000, "")


async def test_a_killed_server_is_looked_for_again_and_its_port_found_closed(
    standin: StandinProcess, reports: Reports, identity: Identity
) -> None:
    standin.process.kill()
    assert (await reports.until(SessionLost)).why == "the connection ended without a close"
    assert (await reports.until(Unanswered, sign=Sign.HTTP)).why in (
        "Connection refused",
        "Server disconnected",
    )
    await asyncio.sleep(0.1)
    assert reports.of(Listened) == [Listened(identity, owned=True)]


async def test_the_probes_cost_a_server_next_to_nothing(
    standin: StandinProcess, reports: Reports, identity: Identity
) -> None:
    """Descriptors flat but for the question under way, one registration, no log line for pings and HTTP."""
    await reports.until(Sampled, 3)
    size = len(standin.stdout)
    sampled = await reports.until(Sampled, 6)
    assert len(standin.stdout) == size
    first, last = reports.of(Sampled)[2], sampled
    assert last.readings[Measure.FDS] == pytest.approx(first.readings[Measure.FDS], abs=1)
    listed = [one.readings.get(Measure.ESTABLISHED) for one in reports.of(Sampled)]
    assert {number for number in listed if number is not None} <= {0, 1, 2}  # 0: before we were there
    others = [one.readings.get(Measure.OTHER_SOCKETS) for one in reports.of(Sampled)]
    assert {number for number in others if number is not None} <= {0, 1}  # closed connections leave nothing
    assert last.identity == identity
    assert registrations(standin) == 1
