"""The machine seen from inside: memory, swap, load, stolen time, pressure, disks. Pure but for the reading.

A sample is about 0.3 ms of CPU and does not depend on how many processes or connections there are.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import msgspec
import psutil

from fermatkit import elsewhere, small
from fermatkit.measures import Eater, Measure, Reading, Unknown
from fermatkit.process import disk_free, name

Text = str | Unknown
"""A file of the kernel's, or why it could not be read."""

_LOW = 10.0
"""Percent of memory available below which memory is low."""
_PRESSED = 10.0
"""Percent of the time waited for memory, above which it is, too: in a container little may be available."""
_PAGE = os.sysconf("SC_PAGE_SIZE") if psutil.LINUX else 4096
_KIB = 1024.0
_MOST = 10_000
"""Processes looked at."""
_TIMES = 8
"""Columns of /proc/stat that add up to all of the time; what guests used stands in `user`, too."""
_IOWAIT, _STEAL = 4, 7
_TWO = Unknown("needs two samples")
_PRESSURE = {
    Measure.MEMORY_SOME: ("memory", "some"),
    Measure.MEMORY_FULL: ("memory", "full"),
    Measure.CPU_SOME: ("cpu", "some"),
    Measure.CPU_FULL: ("cpu", "full"),
    Measure.IO_SOME: ("io", "some"),
    Measure.IO_FULL: ("io", "full"),
}
_ALL = (
    Measure.MEMORY_AVAILABLE,
    Measure.MEMORY_AVAILABLE_SHARE,
    Measure.SWAP_USED,
    Measure.SWAP_IN,
    Measure.LOAD,
    Measure.MACHINE_TASKS,
    Measure.MACHINE_TASKS_LIMIT,
    Measure.STEAL,
    Measure.IOWAIT,
    *_PRESSURE,
)


class Snapshot(msgspec.Struct, frozen=True):
    """What the kernel said at one moment, in its own words."""

    at: float
    """Monotonic seconds."""
    meminfo: Text
    vmstat: Text
    stat: Text
    loadavg: Text
    threads_max: Text
    pid_max: Text
    pressure: dict[str, Text]
    told: dict[Measure, Reading]
    """What psutil tells where there is no Linux."""


def snapshot(proc: Path = Path("/proc")) -> Snapshot:
    """Read it; of another operating system than Linux there is only what psutil tells."""
    return Snapshot(
        at=time.monotonic(),
        meminfo=_text(proc / "meminfo"),
        vmstat=_text(proc / "vmstat"),
        stat=_text(proc / "stat"),
        loadavg=_text(proc / "loadavg"),
        threads_max=_text(proc / "sys/kernel/threads-max"),
        pid_max=_text(proc / "sys/kernel/pid_max"),
        pressure={one: _text(proc / "pressure" / one) for one in ("memory", "cpu", "io")},
        told={} if psutil.LINUX else elsewhere.machine(),
    )


def _text(path: Path) -> Text:
    if not psutil.LINUX:
        return elsewhere.ONLY_LINUX
    try:
        return small.text(path)
    except OSError as error:  # a kernel without PSI, or one that has it switched off
        return Unknown(f"{path}: {error.strerror}")


def readings(now: Snapshot, before: Snapshot | None) -> dict[Measure, Reading]:
    """All that a snapshot tells; what is a rate needs an earlier one."""
    return {
        **_memory(now.meminfo),
        Measure.SWAP_IN: _swap_in(now, before),
        Measure.LOAD: _load(now.loadavg, now.stat),
        Measure.MACHINE_TASKS: _number(now.loadavg, r"^[\d. ]+/(\d+) ", "its tasks"),
        Measure.MACHINE_TASKS_LIMIT: _tasks_limit(now.threads_max, now.pid_max),
        **_shares(now.stat, before.stat if before else _TWO),
        **{measure: _pressed(now.pressure[what], kind) for measure, (what, kind) in _PRESSURE.items()},
        **now.told,
    }


def nothing(why: Unknown) -> dict[Measure, Reading]:
    """The same, when there is no snapshot."""
    return dict.fromkeys(_ALL, why)


def is_low(of: Mapping[Measure, Reading]) -> bool:
    """Whether memory is so low that it matters who has it."""
    available, waiting = of[Measure.MEMORY_AVAILABLE_SHARE], of[Measure.MEMORY_SOME]
    return (not isinstance(available, Unknown) and available < _LOW) or (
        not isinstance(waiting, Unknown) and waiting > _PRESSED
    )


def _memory(meminfo: Text) -> dict[Measure, Reading]:
    available, total = _kib(meminfo, "MemAvailable"), _kib(meminfo, "MemTotal")
    free, space = _kib(meminfo, "SwapFree"), _kib(meminfo, "SwapTotal")
    unused = _percent(free, space)
    return {
        Measure.MEMORY_AVAILABLE: available,
        Measure.MEMORY_AVAILABLE_SHARE: _percent(available, total),
        Measure.SWAP_USED: Unknown("there is no swap space")
        if space == 0
        else unused
        if isinstance(unused, Unknown)
        else 100 - unused,
    }


def _kib(meminfo: Text, name: str) -> Reading:
    number = _number(meminfo, rf"(?m)^{name}:\s+(\d+) kB$", name)
    return number if isinstance(number, Unknown) else number * _KIB


def _number(text: Text, pattern: str, name: str) -> Reading:
    if isinstance(text, Unknown):
        return text
    found = re.search(pattern, text)
    return float(found[1]) if found else Unknown(f"this kernel does not tell {name}")


def _percent(part: Reading, whole: Reading) -> Reading:
    if isinstance(part, Unknown):
        return part
    if isinstance(whole, Unknown):
        return whole
    return 100 * part / whole if whole else Unknown("there is none")


def _swap_in(now: Snapshot, before: Snapshot | None) -> Reading:
    if before is None or now.at <= before.at:
        return _TWO
    pages = [_number(one.vmstat, r"(?m)^pswpin (\d+)$", "pswpin") for one in (before, now)]
    first, last = pages
    if isinstance(first, Unknown):
        return first
    if isinstance(last, Unknown):
        return last
    return max(0.0, last - first) * _PAGE / (now.at - before.at)


def _load(loadavg: Text, stat: Text) -> Reading:
    load = _number(loadavg, r"^(\d+\.\d+) ", "the load")
    if isinstance(load, Unknown):
        return load
    if isinstance(stat, Unknown):
        return stat
    return load / max(1, len(re.findall(r"(?m)^cpu\d", stat)))


def _tasks_limit(threads_max: Text, pid_max: Text) -> Reading:
    """The lower: each thread takes a number, too."""
    threads, numbers = _number(threads_max, r"(\d+)", "threads-max"), _number(pid_max, r"(\d+)", "pid_max")
    if isinstance(threads, Unknown):
        return threads
    return numbers if isinstance(numbers, Unknown) else min(threads, numbers)


def _shares(now: Text, before: Text) -> dict[Measure, Reading]:
    """Of all cores' time between the two, stolen and waited for a disk."""
    first, last = _times(before), _times(now)
    shares: list[Reading]
    if isinstance(last, Unknown):
        shares = [last, last]
    elif isinstance(first, Unknown):
        shares = [first, first]
    else:
        spent = [max(0.0, after - earlier) for earlier, after in zip(first, last, strict=True)]
        shares = [100 * spent[at] / sum(spent) if sum(spent) else _TWO for at in (_STEAL, _IOWAIT)]
    return dict(zip((Measure.STEAL, Measure.IOWAIT), shares, strict=True))


def _times(stat: Text) -> Sequence[float] | Unknown:
    if isinstance(stat, Unknown):
        return stat
    found = re.match(r"cpu +([\d ]+)\n", stat)
    times = [float(one) for one in found[1].split()[:_TIMES]] if found else []
    return times if len(times) == _TIMES else Unknown("this kernel does not tell its times")


def _pressed(text: Text, kind: str) -> Reading:
    return _number(text, rf"(?m)^{kind} avg10=(\d+\.\d+) ", f"{kind!r} pressure")


def biggest(but: int) -> Eater | None:
    """Who has most RAM, of all that we may see but for this pid; None if nobody can be seen.

    20 to 50 µs for each process there is.
    """
    found: Eater | None = None
    try:
        for process in islice(psutil.process_iter(), _MOST):
            eater = _eater(process) if process.pid != but else None
            if eater is not None and (found is None or eater.memory > found.memory):
                found = eater
    except OSError:  # we have no descriptor left, say: nobody else is known
        return found
    return found


def _eater(process: psutil.Process) -> Eater | None:
    try:
        return Eater(process.pid, name(process.pid), process.memory_info().rss)
    except psutil.Error:  # gone, or not for us to see
        return None


def disks(directories: Sequence[Path]) -> dict[Measure, Reading]:
    """Space and inodes where they are scarcest. Hangs with a network disk: not for an event loop."""
    return {
        Measure.DISK_FREE: _least(disk_free(directory) for directory in directories),
        Measure.INODES_FREE: _least(_inodes(directory) for directory in directories),
    }


def _inodes(directory: Path) -> Reading:
    try:
        disk = os.statvfs(directory)
    except (OSError, AttributeError) as error:
        return Unknown(f"{directory}: {getattr(error, 'strerror', 'this operating system does not tell')}")
    if not disk.f_files:
        return Unknown(f"{directory}: its file system has as many inodes as it needs")
    return 100 * disk.f_favail / disk.f_files


def _least(several: Iterable[Reading]) -> Reading:
    """The lowest that is known: a full disk must show, even beside one that cannot be read."""
    every = list(several)
    known = [one for one in every if not isinstance(one, Unknown)]
    return min(known) if known else every[0]
