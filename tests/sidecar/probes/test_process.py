"""One sample a second of a real process, whatever the disk does."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from fermatkit import sockets
from fermatkit.measures import UNITS, Measure, Unknown
from sidecar.core.nouns import Identity
from sidecar.core.observations import Sampled
from sidecar.probes.process import ProcessProbe, ProcessSettings
from support.locks import kill
from support.reports import Reports

Make = Callable[[int], ProcessProbe]


@pytest.fixture
async def make(reports: Reports, tmp_path: Path) -> AsyncIterator[Make]:
    probes: list[ProcessProbe] = []

    def make(port: int) -> ProcessProbe:
        probes.append(ProcessProbe(ProcessSettings(port, tmp_path, interval=0.05), reports))
        return probes[-1]

    yield make
    for probe in probes:
        await probe.close()


async def test_every_measure_is_read_or_unknown(make: Make, reports: Reports, another: Identity) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        for _ in range(4):
            stack.enter_context(socket.create_connection(server.getsockname()))
        stack.enter_context(server.accept()[0]).shutdown(socket.SHUT_WR)
        make(server.getsockname()[1]).watch(another)
        first, second = await reports.until(Sampled), await reports.until(Sampled, 2)
    assert first.readings.keys() == UNITS.keys()
    assert first.readings[Measure.CPU] == Unknown("needs two samples")
    assert not [measure for measure, reading in second.readings.items() if isinstance(reading, Unknown)]
    assert (second.identity, second.state) == (another, "S")
    assert second.readings[Measure.ESTABLISHED] == 3
    assert second.readings[Measure.OTHER_SOCKETS] == 1
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


async def test_a_disk_that_hangs_leaves_the_rest(
    make: Make, reports: Reports, another: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = threading.Event()
    asked: list[str] = []
    usage = psutil.disk_usage

    def hangs(path: str) -> object:
        asked.append(path)
        disk.wait(20)
        return usage(path)

    monkeypatch.setattr(psutil, "disk_usage", hangs)
    make(1).watch(another)
    sampled = await reports.until(Sampled, 3)
    assert sampled.readings[Measure.DISK_FREE] == Unknown("not read within 0.025 s")
    assert isinstance(sampled.readings[Measure.MEMORY], float)
    assert len(asked) == 1  # one thread waits, not one more each second
    disk.set()
    async with asyncio.timeout(20):
        while isinstance(reports.of(Sampled)[-1].readings[Measure.DISK_FREE], Unknown):
            await reports.until(Sampled, len(reports.all) + 1)


async def test_sockets_that_cannot_be_counted_are_unknown(
    make: Make, reports: Reports, another: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_TCPDIAG_GETSOCK", 99)  # a request that no kernel knows
    make(1).watch(another)
    readings = (await reports.until(Sampled)).readings
    assert isinstance(readings[Measure.ESTABLISHED], Unknown)
    assert readings[Measure.ESTABLISHED] == readings[Measure.OTHER_SOCKETS]
