"""The machine is looked at with and without a server, and whatever its disks do."""

from __future__ import annotations

import asyncio
import os
import resource
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from fermatkit import host
from fermatkit.measures import Eater, Measure, Unknown
from sidecar.core.observations import HostSampled
from sidecar.probes.host import HostProbe, HostSettings
from support.reports import Reports


@pytest.fixture
async def probe(reports: Reports, tmp_path: Path) -> AsyncIterator[HostProbe]:
    probe = HostProbe(HostSettings((tmp_path,), interval=0.05, patience=0.5), reports)
    yield probe
    await probe.close()


async def test_everything_is_read_without_a_server(probe: HostProbe, reports: Reports) -> None:
    probe.start()
    first, second = await reports.until(HostSampled), await reports.until(HostSampled, 2)
    assert first.readings[Measure.STEAL] == Unknown("needs two samples")
    told = {*host.nothing(Unknown("")), Measure.DISK_FREE, Measure.INODES_FREE}
    assert first.readings.keys() == second.readings.keys() == told
    assert isinstance(second.readings[Measure.MEMORY_AVAILABLE], float)
    assert isinstance(second.readings[Measure.SWAP_IN], float)
    assert second.eater is None


async def test_who_eats_memory_is_looked_for_when_it_is_low(
    probe: HostProbe, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def biggest(but: int) -> Eater:
        asked.append(but)
        return Eater(4711, "chromium", 2**33)

    monkeypatch.setattr(host, "biggest", biggest)
    monkeypatch.setattr(host, "_LOW", 101.0)  # a machine without memory is nothing for a test
    probe.start()
    assert (await reports.until(HostSampled)).eater == Eater(4711, "chromium", 2**33)
    assert asked[0] == os.getpid()


async def test_the_disk_of_a_log_counts_once_the_log_is_there(
    reports: Reports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log" / "fermat_server.log"
    log.parent.mkdir()
    looked: list[str] = []
    usage = psutil.disk_usage

    def looks(path: str) -> object:
        looked.append(path)
        return usage(path)

    monkeypatch.setattr(psutil, "disk_usage", looks)
    probe = HostProbe(HostSettings((tmp_path,), (log,), interval=0.05), reports)
    probe.start()
    await reports.until(HostSampled, 2)
    assert set(looked) == {str(tmp_path)}
    log.touch()
    await reports.until(HostSampled, len(reports.all) + 2)
    await probe.close()
    assert set(looked) == {str(tmp_path), str(log.parent)}


async def test_a_disk_that_hangs_leaves_the_rest_and_takes_one_thread(
    probe: HostProbe, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = threading.Event()
    asked: list[str] = []
    usage = psutil.disk_usage

    def hangs(path: str) -> object:
        asked.append(path)
        disk.wait(20)
        return usage(path)

    monkeypatch.setattr(psutil, "disk_usage", hangs)
    before = threading.active_count()
    probe.start()
    sampled = await reports.until(HostSampled, 2)
    assert sampled.readings[Measure.DISK_FREE] == Unknown("not read within 0.5 s")
    assert isinstance(sampled.readings[Measure.MEMORY_AVAILABLE], float)
    assert len(asked) == 1
    assert threading.active_count() <= before
    disk.set()
    async with asyncio.timeout(20):
        while isinstance(reports.of(HostSampled)[-1].readings[Measure.DISK_FREE], Unknown):
            await reports.until(HostSampled, len(reports.all) + 1)


async def test_without_a_free_descriptor_everything_is_unknown_and_comes_back(
    probe: HostProbe, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "is_low", lambda _: True)
    probe.start()
    await reports.until(HostSampled, 2)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        sampled = await reports.until(HostSampled, len(reports.all) + 2)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert sampled.readings[Measure.LOAD] == Unknown("/proc/loadavg: Too many open files")
    assert sampled.eater is None
    assert (await reports.until(HostSampled, len(reports.all) + 2)).eater is not None
