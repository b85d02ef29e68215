"""Which process it is, and what it uses, of real ones."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fermatkit import process, stat
from fermatkit.measures import Measure, Unknown
from fermatkit.process import Sampler, age, disk_free, has_open, open_fds, started
from support.users import another_user


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """Sleeps, with three files open beyond the usual."""
    code = "import os, time\nfor _ in range(3): os.open('/dev/null', 0)\nprint(flush=True)\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as popen:
        assert popen.stdout is not None
        popen.stdout.readline()
        yield popen
        popen.kill()


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another operating system."""
    for module in (process, stat):
        monkeypatch.setattr(module, "LINUX", False)


def ended(popen: subprocess.Popen[bytes]) -> None:
    """Kill, and leave the zombie."""
    popen.kill()
    os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)


def test_a_start_time_stays_the_same_and_names_the_process(child: subprocess.Popen[bytes]) -> None:
    start = started(child.pid)
    assert start is not None
    assert started(child.pid) == start
    since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert 0 <= since_boot - start / os.sysconf("SC_CLK_TCK") < 60
    parent = started(os.getpid())
    assert parent is not None
    assert parent <= start


def test_a_name_with_brackets_and_spaces_is_no_field(tmp_path: Path) -> None:
    program = tmp_path / "a) Z (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"]) as popen:
        try:
            since_boot = psutil.Process(popen.pid)._proc.create_time(monotonic=True)
            assert started(popen.pid) == round(since_boot * os.sysconf("SC_CLK_TCK"))
        finally:
            popen.kill()


def test_a_zombie_is_no_process_and_has_a_start_time_all_the_same(child: subprocess.Popen[bytes]) -> None:
    start = started(child.pid)
    ended(child)
    assert started(child.pid) is None
    assert started(child.pid, dead_too=True) == start
    child.wait()
    assert started(child.pid, dead_too=True) is None


def test_psutil_tells_a_stable_start_time_elsewhere(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere(monkeypatch)
    start = started(child.pid)
    assert start is not None
    assert started(child.pid) == start
    assert started(2**22 + 1) is None


@pytest.mark.parametrize("linux", [True, False])
def test_a_sample_of_a_process(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, linux: bool
) -> None:
    if not linux:
        elsewhere(monkeypatch)
    deadline = time.monotonic() + 20
    while psutil.Process(child.pid).status() != psutil.STATUS_SLEEPING:  # it has said so, and is about to
        assert time.monotonic() < deadline
        time.sleep(0.01)
    sampler = Sampler(child.pid, started(child.pid) or 0)
    first = sampler.sample()
    assert first is not None
    assert first.state == "S"
    assert isinstance(first.readings[Measure.CPU], Unknown)
    assert first.readings[Measure.MEMORY] == pytest.approx(
        psutil.Process(child.pid).memory_info().rss, rel=0.1
    )
    assert first.readings[Measure.THREADS] == 1
    assert first.readings[Measure.FDS_LIMIT] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert 0 <= first.readings[Measure.UPTIME] < 60
    time.sleep(0.2)
    second = sampler.sample()
    assert second is not None
    assert second.readings[Measure.CPU] == pytest.approx(0, abs=30)
    assert second.readings[Measure.UPTIME] > first.readings[Measure.UPTIME]


def test_a_busy_process_uses_about_a_core() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as popen:
        try:
            sampler = Sampler(popen.pid, started(popen.pid) or 0)
            sampler.sample()
            time.sleep(0.5)
            sample = sampler.sample()
        finally:
            popen.kill()
    assert sample is not None
    assert sample.state == "R"
    assert 2 < sample.readings[Measure.CPU] < 120  # of one core; other tests may want the same one


def test_a_stopped_process_says_so(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED)
    sample = Sampler(child.pid, started(child.pid) or 0).sample()
    assert sample is not None
    assert sample.state == "T"


def test_a_process_that_is_gone_or_another_gives_no_sample(child: subprocess.Popen[bytes]) -> None:
    start = started(child.pid) or 0
    assert Sampler(child.pid, start - 1).sample() is None
    sampler = Sampler(child.pid, start)
    assert sampler.sample() is not None
    ended(child)
    assert sampler.sample() is None
    child.wait()
    assert sampler.sample() is None


def test_what_cannot_be_read_for_want_of_descriptors_is_unknown_and_no_end(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "COUNTS_FDS", False)  # a kernel before 6.2
    sampler = Sampler(child.pid, started(child.pid) or 0)
    before = sampler.sample()
    assert before is not None
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            started(child.pid)
        without = sampler.sample()
        fds = open_fds(child.pid)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert without is not None
    assert without.state == ""
    assert without.readings == dict.fromkeys(before.readings, Unknown("Too many open files"))
    assert fds == Unknown("Too many open files")
    after = sampler.sample()
    assert after is not None
    assert after.readings[Measure.MEMORY] == before.readings[Measure.MEMORY]


def test_how_old_a_process_is(child: subprocess.Popen[bytes]) -> None:
    start = started(child.pid)
    assert start is not None
    assert age(start) == pytest.approx(time.time() - psutil.Process(child.pid).create_time(), abs=1.5)
    assert age(start + 1_000_000) == 0  # a clock's last digit is no negative age


@pytest.mark.parametrize("counted", [True, False])
def test_open_descriptors_are_counted_or_listed(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, counted: bool
) -> None:
    if counted and not process.COUNTS_FDS:
        pytest.skip("this kernel does not count descriptors")
    monkeypatch.setattr(process, "COUNTS_FDS", counted)  # a kernel before 6.2
    assert open_fds(child.pid) == 6
    child.kill()
    child.wait()
    assert open_fds(child.pid) == Unknown("the process is gone")


def test_what_is_open_is_found_by_name(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert has_open(child.pid, {"/dev/null"})
    assert not has_open(child.pid, {str(tmp_path)})
    child.kill()
    child.wait()
    assert not has_open(child.pid, {"/dev/null"})


def test_free_space_is_what_df_says(tmp_path: Path) -> None:
    free = disk_free(tmp_path)
    assert free == pytest.approx(psutil.disk_usage(str(tmp_path)).free, rel=0.05)
    assert disk_free(tmp_path / "missing") == Unknown(f"{tmp_path}/missing: No such file or directory")


def test_an_unprivileged_watcher_gets_what_it_may_and_reasons_for_the_rest(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "COUNTS_FDS", False)  # a kernel before 6.2
    with another_user():
        sample = Sampler(child.pid, started(child.pid) or 0).sample()
        fds = open_fds(child.pid)
        seen = has_open(child.pid, {"/dev/null"})
    assert sample is not None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert sample.readings[Measure.FDS_LIMIT] == float(soft)  # for everybody to read, in another place
    assert sample.readings[Measure.THREADS] == 1
    assert fds == Unknown("permission denied")
    assert not seen


def test_a_name_of_any_bytes_is_text_that_can_be_stored() -> None:
    code = (
        "import time; open('/proc/self/comm', 'wb').write(b'caf\\xe9\\xff'); print(flush=True); time.sleep(9)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as popen:
        assert popen.stdout is not None
        popen.stdout.readline()
        called = process.name(popen.pid)
        popen.kill()
    assert called == "caf\\udce9\\udcff"
