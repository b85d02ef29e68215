"""The threads of a process by their names, which the JVM gives them: leaked timers, and the GC at work."""

from __future__ import annotations

import os
import re
import time
from itertools import islice
from pathlib import Path

import psutil

from fermatkit import elsewhere, small
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.process import started

MOST = 4000
"""Threads looked at, the oldest first: of more, the numbers are what there is at least."""
_TICKS = os.sysconf("SC_CLK_TCK") if psutil.LINUX else 100
_COUNTS_WAITING = Path("/proc/self/schedstat").exists()
"""Whether this kernel counts for how long a thread was ready to run, and others ran."""
_TIMER = re.compile(r"Timer-\d+")
_GC = (
    "GC Thread#",
    "ParGC Thread#",
    "G1 ",
    "ZWorker",
    "ZDriver",
    "ZGC",
    "Shenandoah",
    "ShenControl",
    "Concurrent Mark",
    "VM Thread",
)
"""How names begin (15 characters are kept). The last one collects where there is one core or little memory,
writes heap dumps everywhere, and has next to nothing else to do."""


class Threads:
    """Looks at one process's threads, again and again. Some 2 µs for each, once its name is known."""

    def __init__(self, pid: int, start: int) -> None:
        """`start` is what `started(pid)` said: a sample is never of another process."""
        self._pid = pid
        self._start = start
        self._tasks = Path(f"/proc/{pid}/task")
        self._names: dict[str, str] = {}
        self._settled: set[str] = set()
        """Whose name was read when they were not new: a thread is born with another's, and renames itself."""
        self._before: tuple[float, dict[str, float]] | None = None

    def sample(self) -> dict[Measure, Reading] | None:
        """Timers, and what garbage collection takes; None when the process is gone.

        Blocks for milliseconds with thousands of threads: not for an event loop.
        """
        if not psutil.LINUX:
            return _nothing(elsewhere.ONLY_LINUX)
        try:
            if started(self._pid) != self._start:
                return None
            threads = self._look()
        except (FileNotFoundError, ProcessLookupError):
            return None
        except OSError as error:  # we have no descriptor left, say
            return _nothing(Unknown(str(error.strerror)))
        if len(threads) > 1 and len(set(self._names.values())) == 1:
            return _nothing(Unknown("its threads have no names of their own"))
        timers = sum(_TIMER.fullmatch(name) is not None for name in self._names.values())
        return {Measure.TIMERS: float(timers), Measure.GC: self._gc()}

    def _look(self) -> list[str]:
        with os.scandir(self._tasks) as entries:
            threads = [entry.name for entry in islice(entries, MOST)]
        known = {thread: self._names[thread] for thread in threads if thread in self._names}
        self._settled.intersection_update(threads)
        for thread in threads:
            if thread not in self._settled:
                name = self._read(thread, "comm")
                if name is not None:
                    if thread in known:
                        self._settled.add(thread)
                    known[thread] = name.rstrip("\n")
        self._names = known
        return threads

    def _gc(self) -> Reading:
        now = time.monotonic()
        work = {thread: self._work(thread) for thread, name in self._names.items() if name.startswith(_GC)}
        before, self._before = self._before, (now, work)
        if before is None or now <= before[0]:
            return Unknown("needs two samples")
        done = sum(max(0.0, seconds - before[1].get(thread, 0.0)) for thread, seconds in work.items())
        return 100 * done / (now - before[0])

    def _work(self, thread: str) -> float:
        """Seconds of CPU that it has used or waited for; 0 of one that ended in between.

        Waited for, too: on a machine whose cores others want, a collector at work gets only a part of one.
        """
        if _COUNTS_WAITING:
            return sum(map(int, (self._read(thread, "schedstat") or "").split()[:2])) / 1e9
        stat = self._read(thread, "stat")
        fields = stat[stat.rindex(")") + 2 :].split() if stat else []
        return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0

    def _read(self, thread: str, file: str) -> str | None:
        try:
            return small.text(f"{self._tasks}/{thread}/{file}")
        except (FileNotFoundError, ProcessLookupError):
            return None


def _nothing(why: Unknown) -> dict[Measure, Reading]:
    return {Measure.TIMERS: why, Measure.GC: why}
