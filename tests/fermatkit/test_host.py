"""What recorded machines tell, five seconds after a healthy one; and the machine that this runs on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from fermatkit import host
from fermatkit.host import Snapshot, biggest, disks, is_low, readings, snapshot
from fermatkit.measures import Eater, Measure, Reading, Unknown
from recordings import machines

PAGE = os.sysconf("SC_PAGE_SIZE")
RECORDINGS = Path(__file__).parent / "recordings"
HOG = "import sys, time; kept = bytes(range(256)) * 2**20; print(flush=True); time.sleep(60)"


def recorded(name: str, at: float = 105.0) -> Snapshot:
    return msgspec.structs.replace(snapshot(RECORDINGS / name), at=at)


def after_five_seconds(name: str) -> dict[Measure, Reading]:
    return readings(recorded(name), recorded("healthy-0", at=100.0))


def test_a_healthy_machine() -> None:
    healthy = after_five_seconds("healthy")
    assert healthy == {
        Measure.MEMORY_AVAILABLE: 5237640 * 1024,
        Measure.MEMORY_AVAILABLE_SHARE: pytest.approx(65.09, abs=0.01),
        Measure.SWAP_USED: 0,
        Measure.SWAP_IN: 0,
        Measure.LOAD: 0.235,
        Measure.STEAL: 0,
        Measure.MACHINE_TASKS: 137,
        Measure.MACHINE_TASKS_LIMIT: Unknown(
            f"{RECORDINGS / 'healthy/sys/kernel/threads-max'}: No such file or directory"
        ),
        Measure.IOWAIT: 1,
        Measure.MEMORY_SOME: 0,
        Measure.MEMORY_FULL: 0,
        Measure.CPU_SOME: 2.17,
        Measure.CPU_FULL: 0,
        Measure.IO_SOME: 0.9,
        Measure.IO_FULL: 0.54,
    }
    assert not is_low(healthy)


@pytest.mark.parametrize(("threads", "numbers"), [("500", "32768"), ("32768", "500")])
def test_the_lower_limit_of_the_machine_s_tasks_counts(tmp_path: Path, threads: str, numbers: str) -> None:
    kernel = tmp_path / "sys" / "kernel"
    kernel.mkdir(parents=True)
    (tmp_path / "loadavg").write_text("0.94 0.80 0.61 3/137 4211\n")
    (kernel / "threads-max").write_text(f"{threads}\n")
    missing = readings(snapshot(tmp_path), None)[Measure.MACHINE_TASKS_LIMIT]
    assert isinstance(missing, Unknown)
    assert "pid_max" in missing.why
    (kernel / "pid_max").write_text(f"{numbers}\n")
    seen = readings(snapshot(tmp_path), None)
    assert (seen[Measure.MACHINE_TASKS], seen[Measure.MACHINE_TASKS_LIMIT]) == (137, 500)


def test_a_machine_that_swaps() -> None:
    swapping = after_five_seconds("swapping")
    assert swapping[Measure.SWAP_USED] == pytest.approx(90, abs=0.01)
    assert swapping[Measure.SWAP_IN] == 12800 / 5 * os.sysconf("SC_PAGE_SIZE")
    assert swapping[Measure.MEMORY_AVAILABLE_SHARE] == pytest.approx(3, abs=0.01)
    assert swapping[Measure.IOWAIT] == 60
    assert swapping[Measure.LOAD] == 4.8
    assert is_low(swapping)


def test_a_machine_whose_cpu_is_stolen() -> None:
    stolen = after_five_seconds("stolen")
    assert (stolen[Measure.STEAL], stolen[Measure.IOWAIT]) == (40, 0)
    assert not is_low(stolen)


def test_a_machine_under_memory_pressure() -> None:
    pressed = after_five_seconds("pressed")
    assert (pressed[Measure.MEMORY_SOME], pressed[Measure.MEMORY_FULL]) == (60, 41.5)
    assert pressed[Measure.SWAP_USED] == Unknown("there is no swap space")
    assert pressed[Measure.CPU_FULL] == Unknown("this kernel does not tell 'full' pressure")  # before 5.13
    assert is_low(pressed)
    plenty = {**pressed, Measure.MEMORY_AVAILABLE_SHARE: 50.0}
    assert is_low(plenty)  # of a container's little
    assert not is_low({**plenty, Measure.MEMORY_SOME: Unknown("no PSI")})


def test_a_machine_whose_memory_somebody_has_eaten() -> None:
    eaten = after_five_seconds("eaten")
    assert eaten[Measure.MEMORY_AVAILABLE_SHARE] == pytest.approx(3.2, abs=0.01)
    assert is_low(eaten)
    assert machines.biggest(RECORDINGS / "eaten") == Eater(4242, "backup", 1651200 * PAGE)
    assert machines.biggest(RECORDINGS / "swapping") is None  # of which no process was recorded


def test_rates_need_an_earlier_snapshot() -> None:
    alone = readings(recorded("healthy"), None)
    unknown = {measure for measure, reading in alone.items() if reading == Unknown("needs two samples")}
    assert unknown == {Measure.SWAP_IN, Measure.STEAL, Measure.IOWAIT}
    now = recorded("healthy")
    assert readings(now, now)[Measure.STEAL] == Unknown("needs two samples")


def test_counters_that_go_backwards_are_no_negative_rates() -> None:
    back = readings(recorded("healthy-0"), recorded("swapping", at=100.0))
    assert back[Measure.SWAP_IN] == 0
    assert back[Measure.IOWAIT] == Unknown("needs two samples")


def test_a_kernel_without_psi(tmp_path: Path) -> None:
    shutil.copytree(RECORDINGS / "healthy", tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "pressure")
    without = readings(snapshot(tmp_path), None)
    assert without[Measure.IO_SOME] == Unknown(f"{tmp_path}/pressure/io: No such file or directory")
    assert without[Measure.LOAD] == 0.235


@pytest.mark.parametrize("text", ["", "cpu  1 2 3\n", "nonsense"])
def test_what_is_not_there_is_unknown(tmp_path: Path, text: str) -> None:
    for name in ("meminfo", "vmstat", "stat", "loadavg"):
        (tmp_path / name).write_text(text)
    nothing = readings(snapshot(tmp_path), snapshot(tmp_path))
    assert nothing.keys() == host.nothing(Unknown("")).keys()
    assert all(isinstance(reading, Unknown) for reading in nothing.values())


def test_this_machine_agrees_with_psutil() -> None:
    before, now = snapshot(), snapshot()
    here = readings(now, before)
    assert here[Measure.MEMORY_AVAILABLE] == pytest.approx(psutil.virtual_memory().available, rel=0.1)
    assert here[Measure.LOAD] == pytest.approx(psutil.getloadavg()[0] / (psutil.cpu_count() or 1), abs=0.5)


def test_the_biggest_process_is_named_but_not_who_asks() -> None:
    with subprocess.Popen([sys.executable, "-c", HOG], stdout=subprocess.PIPE) as hog:
        assert hog.stdout is not None
        hog.stdout.readline()
        found = biggest(but=os.getpid())
        others = biggest(but=hog.pid)
        hog.kill()
    assert isinstance(found, Eater)
    assert found.memory >= 2**28
    assert others is not None
    assert others.pid != hog.pid
    if found.pid == hog.pid:  # nobody else on this machine is bigger
        assert found.name.startswith("python")


def test_space_and_inodes_are_told_of_the_fullest_disk(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    both = disks([tmp_path, tmp_path / "missing"])
    assert both[Measure.DISK_FREE] == pytest.approx(disk.f_bavail * disk.f_frsize, rel=0.05)
    if disk.f_files:
        assert both[Measure.INODES_FREE] == pytest.approx(100 * disk.f_favail / disk.f_files, abs=1)
    none = Unknown(f"{tmp_path}/missing: No such file or directory")
    assert disks([tmp_path / "missing"]) == {Measure.DISK_FREE: none, Measure.INODES_FREE: none}
    assert disks([Path("/proc")])[Measure.INODES_FREE] == Unknown(
        "/proc: its file system has as many inodes as it needs"
    )
