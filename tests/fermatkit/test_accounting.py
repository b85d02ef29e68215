"""The accounts of a unit: the kernel's own where it keeps them, and files like them with all controllers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fermatkit import accounting, cgroups
from fermatkit.accounting import MEASURES, Accounting
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.process import started
from support.groups import group, written

FILES = {
    "memory_current": "104857600\n",
    "memory_max": "209715200\n",
    "memory_events": "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n",
    "pids_current": "57\n",
    "pids_max": "max\n",
    "cpu_stat": "usage_usec 1000000\nuser_usec 600000\nsystem_usec 400000\n",
    "io_stat": "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2\n259:1 rbytes=1 wbytes=0 rios=1 wios=0\n",
}


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the group of the test's own process is said to be; the sidecar's is none."""
    folder = tmp_path / "fermat-cloud-server.service"
    group = written(folder, **FILES)
    groups = [group, Unknown("another"), group, Unknown("another")]
    monkeypatch.setattr(cgroups, "of", lambda _: groups.pop(0))
    return folder


def sample(of: Accounting) -> dict[Measure, Reading]:
    seen = of.sample()
    assert seen is not None
    assert set(seen) == set(MEASURES)
    return seen


def ours() -> Accounting:
    return Accounting(os.getpid(), started(os.getpid()) or 0)


def test_all_that_a_unit_is_accounted(unit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched, now = ours(), iter([10.0, 12.0])
    monkeypatch.setattr(accounting.time, "monotonic", lambda: next(now))
    first = sample(watched)
    assert first[Measure.UNIT_MEMORY] == 104857600
    assert first[Measure.UNIT_MEMORY_LIMIT] == 209715200
    assert first[Measure.UNIT_OOM_KILLS] == 2
    assert first[Measure.UNIT_TASKS] == 57
    assert first[Measure.UNIT_TASKS_LIMIT] == Unknown("no limit is set")
    assert first[Measure.UNIT_CPU] == Unknown("needs two samples")
    written(unit, cpu_stat="usage_usec 2000000\n", io_stat="254:0 rbytes=4096 wbytes=8392\n259:1 rbytes=5\n")
    second = sample(watched)
    assert second[Measure.UNIT_CPU] == pytest.approx(50)
    assert second[Measure.UNIT_IO_READ] == pytest.approx(2)
    assert second[Measure.UNIT_IO_WRITTEN] == pytest.approx(100)


def test_a_unit_without_io_has_read_nothing(unit: Path) -> None:
    written(unit, io_stat="")
    watched = ours()
    sample(watched)
    assert sample(watched)[Measure.UNIT_IO_READ] == 0


def test_a_controller_that_is_off_is_unknown_and_said(unit: Path) -> None:
    for name in ("memory.events", "cpu.stat"):
        (unit / name).unlink()
    seen = sample(ours())
    why = f"{unit.name} has no memory.events: the memory controller is not on there"
    assert seen[Measure.UNIT_OOM_KILLS] == Unknown(why)
    assert seen[Measure.UNIT_CPU] == Unknown(
        f"{unit.name} has no cpu.stat: the cpu controller is not on there"
    )
    assert seen[Measure.UNIT_TASKS] == 57


def test_a_kernel_that_counts_no_kills_is_unknown(unit: Path) -> None:
    written(unit, memory_events="low 0\noom 3\n")
    assert sample(ours())[Measure.UNIT_OOM_KILLS] == Unknown("this kernel does not tell it in memory.events")


def test_in_the_same_group_as_the_sidecar_only_the_tasks_are_told(tmp_path: Path) -> None:
    """Nothing is the server's alone; but both are under that limit, and both count."""
    with group("both.service") as (_, start):
        pid, _ = start()
        watched = Accounting(pid, started(pid) or 0)
        assert not isinstance(sample(watched)[Measure.UNIT_CPU], str)
        with pytest.MonkeyPatch.context() as patched:
            both = written(tmp_path / "both", **FILES)
            patched.setattr(cgroups, "of", lambda _: both)
            seen = sample(watched)
        assert seen.pop(Measure.UNIT_TASKS) == 57
        assert seen.pop(Measure.UNIT_TASKS_LIMIT) == Unknown("no limit is set")
        (why,) = set(seen.values())
    assert why == Unknown("the sidecar itself is in the same cgroup: the figures are both's")
    assert watched.sample() is None, "of a process that is gone nothing is said"


def test_the_kernels_own_accounts() -> None:
    """On this machine, as far as its cgroup v2 has controllers: the CPU's are there without."""
    with group("server.service") as (own, start):
        pid, _ = start()
        watched = Accounting(pid, started(pid) or 0)
        sample(watched)
        seen = sample(watched)
        cpu = seen[Measure.UNIT_CPU]
        assert not isinstance(cpu, Unknown)
        assert 0 <= cpu < 10_000
        if not (own.folder / "memory.current").exists():
            pytest.skip("there is no memory controller in this machine's cgroup v2: its files were not read")
        assert seen[Measure.UNIT_OOM_KILLS] == 0
        memory = seen[Measure.UNIT_MEMORY]
        assert not isinstance(memory, Unknown)
        assert memory > 0


def test_a_process_in_the_root_says_why() -> None:
    why = sample(ours())[Measure.UNIT_MEMORY]
    assert isinstance(why, Unknown)
    assert why.why
