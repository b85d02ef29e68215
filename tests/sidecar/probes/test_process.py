"""One sample a second of a real process, whatever hangs."""

from __future__ import annotations

import asyncio
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack

import pytest

from fermatkit import sockets
from fermatkit.measures import Measure, Unknown
from sidecar.core.nouns import Identity
from sidecar.core.observations import Sampled
from sidecar.probes.process import ProcessProbe, ProcessSettings
from support.locks import kill
from support.reports import Reports

Make = Callable[[int], ProcessProbe]
MEASURES = {
    Measure.CPU,
    Measure.MEMORY,
    Measure.THREADS,
    Measure.FDS,
    Measure.FDS_LIMIT,
    Measure.UPTIME,
    Measure.ESTABLISHED,
    Measure.OTHER_SOCKETS,
    Measure.CLOSE_WAIT,
    Measure.ACCEPT_QUEUE,
    Measure.ACCEPT_LIMIT,
}


@pytest.fixture
async def make(reports: Reports) -> AsyncIterator[Make]:
    probes: list[ProcessProbe] = []

    def make(port: int) -> ProcessProbe:
        probes.append(ProcessProbe(ProcessSettings(port, interval=0.05), reports))
        return probes[-1]

    yield make
    for probe in probes:
        await probe.close()


async def in_time(reports: Reports) -> Sampled:
    """The first sample whose sockets were listed in time: on a busy machine it is not the first of all."""
    while True:
        samples = reports.of(Sampled)
        for one in samples:
            if isinstance(one.readings.get(Measure.ESTABLISHED), float):
                return one
        await reports.until(Sampled, len(samples) + 1)


async def test_every_measure_is_read_or_unknown(make: Make, reports: Reports, another: Identity) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        for _ in range(4):
            stack.enter_context(socket.create_connection(server.getsockname()))
        stack.enter_context(server.accept()[0]).shutdown(socket.SHUT_WR)
        make(server.getsockname()[1]).watch(another)
        first, second = await reports.until(Sampled), await reports.until(Sampled, 2)
        listed = await in_time(reports)
    assert first.readings.keys() == MEASURES
    assert first.readings[Measure.CPU] == Unknown("needs two samples")
    assert not [measure for measure, reading in second.readings.items() if isinstance(reading, Unknown)]
    assert (second.identity, second.state) == (another, "S")
    assert listed.readings[Measure.ESTABLISHED] == 3
    assert listed.readings[Measure.OTHER_SOCKETS] == 1
    assert second.readings[Measure.FDS] == 3
    assert second.readings[Measure.CPU] == 0


async def test_a_process_that_is_gone_gives_no_sample(
    make: Make, reports: Reports, another: Identity
) -> None:
    probe = make(1)
    probe.watch(another)
    await reports.until(Sampled)
    kill(another.pid)
    said = len(reports.all)
    await asyncio.sleep(0.2)
    assert len(reports.all) <= said + 1  # one may have been under way
    probe.watch(None)


async def test_a_look_that_hangs_leaves_the_rest(
    make: Make, reports: Reports, another: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = threading.Event()
    asked: list[int] = []
    connections = sockets.connections

    def hangs(port: int, *states: object, **more: int) -> object:
        if not states:
            asked.append(port)
            kernel.wait(20)
        return connections(port, *states, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sockets, "connections", hangs)
    make(1).watch(another)
    sampled = await reports.until(Sampled, 3)
    assert sampled.readings[Measure.ESTABLISHED] == Unknown("not read within 0.025 s")
    assert isinstance(sampled.readings[Measure.MEMORY], float)
    assert len(asked) == 1  # one thread waits, not one more each second
    kernel.set()
    async with asyncio.timeout(5):  # before another listing would be due: what came late is told
        await in_time(reports)
    assert len(asked) == 1


async def test_a_look_that_hangs_takes_one_thread_however_many_lives(
    make: Make, reports: Reports, another: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = threading.Event()
    connections = sockets.connections

    def hangs(port: int, *states: object, **more: int) -> object:
        return connections(port, *states, **more) if states else kernel.wait(20) and Unknown("late")  # type: ignore[arg-type]

    monkeypatch.setattr(sockets, "connections", hangs)
    probe = make(1)
    probe.watch(another)
    await reports.until(Sampled)
    before = set(threading.enumerate())  # other tests' threads end meanwhile
    for life in range(2, 5):
        probe.watch(None)
        probe.watch(another)
        await reports.until(Sampled, len(reports.all) + 1)
        assert set(threading.enumerate()) <= before, f"life {life}"
    kernel.set()


async def test_sockets_are_listed_seldom_and_the_queue_with_each_fifth_sample(
    make: Make, reports: Reports, another: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []
    connections = sockets.connections

    def counted(port: int, *states: object, **more: int) -> object:
        asked.append(states)
        return connections(port, *states, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sockets, "connections", counted)
    with socket.create_server(("127.0.0.1", 0), backlog=7) as server:
        make(server.getsockname()[1]).watch(another)
        await reports.until(Sampled, 5)
        with socket.create_connection(server.getsockname()):
            sampled = await reports.until(Sampled, 6)
    assert asked.count(()) == 1
    assert len(asked) == 2, "a listing has the queue, too"
    known = [isinstance(one.readings.get(Measure.ACCEPT_QUEUE), (int, float)) for one in reports.of(Sampled)]
    assert (sum(known[:5]), known[5]) == (1, True)  # the listing may be late, and told with a later sample
    assert (sampled.readings[Measure.ACCEPT_QUEUE], sampled.readings[Measure.ACCEPT_LIMIT]) == (1, 7)
    assert Measure.ESTABLISHED in reports.of(Sampled)[0].readings
    assert Measure.ESTABLISHED not in sampled.readings, "what was not looked at again is not told again"


HANGS = """
import asyncio, os, sys, time
from fermatkit import sockets
from fermatkit.process import started
from sidecar.core.nouns import Identity
from sidecar.probes.process import ProcessProbe, ProcessSettings

listed = sockets.connections
sockets.connections = lambda port, *states, **more: listed(port, *states) if states else time.sleep(600)

async def main():
    reports = []
    probe = ProcessProbe(ProcessSettings(interval=0.05), reports.append)
    probe.watch(Identity(os.getpid(), started(os.getpid())))
    while not reports:
        await asyncio.sleep(0.01)
    await probe.close()
    print(await asyncio.to_thread(lambda: "others have theirs"))

asyncio.run(main())
"""


def test_a_look_that_hangs_does_not_hold_up_the_end_of_the_program() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGS], check=False, capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "others have theirs\n", "")


async def test_without_a_free_descriptor_what_cannot_be_read_is_unknown_and_comes_back(
    make: Make, reports: Reports, another: Identity
) -> None:
    make(1).watch(another)
    await reports.until(Sampled, 2)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        sampled = await reports.until(Sampled, len(reports.all) + 2)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert sampled.readings[Measure.MEMORY] == Unknown("Too many open files")
    assert isinstance((await reports.until(Sampled, len(reports.all) + 2)).readings[Measure.MEMORY], float)


async def test_sockets_that_cannot_be_counted_are_unknown(
    make: Make, reports: Reports, another: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_TCPDIAG_GETSOCK", 99)  # a request that no kernel knows
    make(1).watch(another)
    readings = (await reports.until(Sampled)).readings
    assert isinstance(readings[Measure.ESTABLISHED], Unknown)
    assert readings[Measure.ESTABLISHED] == readings[Measure.OTHER_SOCKETS]
