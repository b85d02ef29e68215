"""Threads by name: of a real JVM, of a process without names, and of one that is gone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from fermatkit import threads
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.process import started
from fermatkit.threads import Threads

PROGRAM = """
import java.util.*;

public class Patient {
    static volatile Object last;

    public static void main(String[] arguments) throws Exception {
        Timer[] kept = new Timer[10];
        for (int i = 0; i < kept.length; i++) kept[i] = new Timer();
        System.out.println("timers");
        System.in.read();
        List<byte[]> live = new ArrayList<>();
        for (int i = 0; i < 9000; i++) live.add(new byte[1024]);
        System.out.println("busy");
        for (long n = 0; ; n++) last = new ArrayList<>(live);
    }
}
"""


@contextmanager
def jvm(directory: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    if shutil.which("java") is None:
        pytest.skip("needs java")
    source = directory / "Patient.java"
    source.write_text(PROGRAM)
    pipe = subprocess.PIPE
    with subprocess.Popen(["java", *options, "-XX:-UsePerfData", source], stdin=pipe, stdout=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


def says(process: subprocess.Popen[bytes], word: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().decode().strip() == word


def known(readings: dict[Measure, Reading] | None, measure: Measure) -> float:
    assert readings is not None
    reading = readings[measure]
    assert isinstance(reading, float)
    return reading


@pytest.mark.parametrize("collector", ["-XX:+UseG1GC", "-XX:+UseSerialGC", "-XX:+UseParallelGC"])
def test_a_jvms_timers_and_its_garbage_collection(tmp_path: Path, collector: str) -> None:
    with jvm(tmp_path, "-Xmx64m", collector) as process:
        says(process, "timers")
        looking = Threads(process.pid, started(process.pid) or 0)
        deadline = time.monotonic() + 15
        while known(looking.sample(), Measure.TIMERS) < 10:  # a thread takes its name once it runs
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(0.5)
        assert known(looking.sample(), Measure.GC) <= 30
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        says(process, "busy")
        deadline = time.monotonic() + 15
        while known(looking.sample(), Measure.GC) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert known(looking.sample(), Measure.TIMERS) == 10


BURNS = """
import os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
open("/proc/self/comm", "w").write(sys.argv[1])
print(flush=True)
while True:
    pass
"""


@pytest.mark.parametrize(("counts", "least", "most"), [(True, 80, 105), (False, 5, 60)])
def test_a_collector_that_gets_a_quarter_of_a_core_works_as_hard(
    counts: bool, least: float, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the kernel counts how long it waited for the rest; else no more can be known."""
    monkeypatch.setattr(threads, "_COUNTS_WAITING", counts)
    burning = [
        subprocess.Popen([sys.executable, "-c", BURNS, name], stdout=subprocess.PIPE)
        for name in ("GC Thread#0", "other", "other", "other")
    ]
    try:
        for one in burning:
            assert one.stdout is not None
            one.stdout.readline()
        looking = Threads(burning[0].pid, started(burning[0].pid) or 0)
        looking.sample()
        time.sleep(1.0)
        assert least <= known(looking.sample(), Measure.GC) <= most
    finally:
        for one in burning:
            one.kill()
            one.wait()
            one.stdout.close()  # type: ignore[union-attr]


def ourselves() -> Threads:
    return Threads(os.getpid(), started(os.getpid()) or 0)


@contextmanager
def named(*names: str) -> Iterator[None]:
    """Threads of our own with these names, which they give themselves once they run, as Java's do."""
    end, ready = threading.Event(), threading.Barrier(len(names) + 1)

    def run(name: str) -> None:
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(name)
        ready.wait(20)
        end.wait(20)

    crowd = [threading.Thread(target=run, args=(name,)) for name in names]
    for one in crowd:
        one.start()
    ready.wait(20)
    yield
    end.set()
    for one in crowd:
        one.join()


def test_names_are_taken_whole() -> None:
    looking = ourselves()
    with named("Timer-0", "Timer-17", "Timer-x", "MyTimer-1", "GC Thread#0"):
        assert known(looking.sample(), Measure.TIMERS) == 2
        assert known(looking.sample(), Measure.TIMERS) == 2
    with named("Timer-3", "another"):
        assert known(looking.sample(), Measure.TIMERS) == 1


def test_a_thread_that_renames_itself_after_the_first_look_is_found() -> None:
    looking = ourselves()
    with named("newborn", "other"):
        assert known(looking.sample(), Measure.TIMERS) == 0
        newborn = next(
            task for task in Path("/proc/self/task").iterdir() if (task / "comm").read_text() == "newborn\n"
        )
        (newborn / "comm").write_text("Timer-1")
        assert known(looking.sample(), Measure.TIMERS) == 1


def test_of_very_many_threads_the_oldest_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MOST", 2)
    looking = ourselves()
    with named(*(f"Timer-{number}" for number in range(5))):
        looking.sample()
        assert len(looking._names) == 2


def test_threads_without_names_are_unknown() -> None:
    """A JVM before 9 gives none: that is not "no timers"."""
    code = (
        "import threading, time\n"
        "for _ in range(3): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        sample = Threads(process.pid, started(process.pid) or 0).sample()
        process.kill()
    nameless = Unknown("its threads have no names of their own")
    assert sample == {Measure.TIMERS: nameless, Measure.GC: nameless}


def test_a_process_that_is_gone_or_another_gives_no_sample() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        start = started(process.pid) or 0
        assert Threads(process.pid, start - 1).sample() is None
        looking = Threads(process.pid, start)
        assert known(looking.sample(), Measure.TIMERS) == 0
        process.kill()
        with suppress(ChildProcessError):
            process.wait()
        assert looking.sample() is None
