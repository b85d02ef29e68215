"""One look at a process: on Linux a single small file, elsewhere what psutil gathers."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil

from fermatkit.measures import Reading, Unknown

if sys.platform == "linux":
    import resource

LINUX: bool = psutil.LINUX
TICKS = os.sysconf("SC_CLK_TCK") if LINUX else 1000
"""Units of `Stat.started` in a second."""
ENDED = frozenset("ZX")
"""The letters of those that have ended and wait for their parent to hear of it."""
_HIDDEN = "/proc hides the process from this user (hidepid=, or ProtectProc= of the unit)"
_LONGEST = 4096
"""Bytes: 52 numbers and a command's name of 64 at most."""
_UNLIMITED = Unknown("no limit is set")
_PAGE = os.sysconf("SC_PAGE_SIZE") if LINUX else 1

# The kernel's letters (proc_pid_stat(5)) for psutil's words, which are the same on every system.
_LETTERS = {
    psutil.STATUS_RUNNING: "R",
    psutil.STATUS_SLEEPING: "S",
    psutil.STATUS_DISK_SLEEP: "D",
    psutil.STATUS_STOPPED: "T",
    psutil.STATUS_TRACING_STOP: "t",
    psutil.STATUS_IDLE: "I",
    psutil.STATUS_PARKED: "P",
    psutil.STATUS_ZOMBIE: "Z",
    psutil.STATUS_DEAD: "X",
}


class Stat(msgspec.Struct, frozen=True):
    """What one look shows."""

    letter: str
    """The state as the kernel writes it: R, S, D, T, Z …; "" if psutil has another word."""
    started: int
    """On Linux clock ticks since boot, elsewhere milliseconds since the epoch."""
    cpu: Reading
    """Seconds used so far, of all its threads."""
    threads: Reading
    resident: Reading
    """Bytes."""


def look(pid: int) -> Stat | None:
    """What is told of a process or its zombie; None if there is none. OSError if it cannot be read."""
    return _by_file(pid) if LINUX else _by_psutil(pid)


def _by_file(pid: int) -> Stat | None:
    """By /proc/PID/stat, whose fields proc_pid_stat(5) counts from 1: the state is the third."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            stat = os.read(descriptor, _LONGEST)  # three calls where a file object makes nine
        finally:
            os.close(descriptor)
    except (FileNotFoundError, ProcessLookupError):
        if is_hidden(pid):
            raise PermissionError(errno.EACCES, _HIDDEN) from None
        return None
    letter, *rest = stat[stat.rindex(b")") + 2 :].split()  # a command's name may hold spaces and brackets
    return Stat(
        letter.decode(),
        started=int(rest[18]),
        cpu=(int(rest[10]) + int(rest[11])) / TICKS,
        threads=float(rest[16]),
        resident=float(int(rest[20]) * _PAGE),
    )


def _by_psutil(pid: int) -> Stat | None:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            return Stat(
                _LETTERS.get(process.status(), ""),
                started=int(process.create_time() * TICKS),
                cpu=_read(lambda: float(sum(process.cpu_times()[:2]))),
                threads=_read(lambda: float(process.num_threads())),
                resident=_read(lambda: float(process.memory_info().rss)),
            )
    except psutil.NoSuchProcess:
        return None


def _read(reading: Callable[[], float]) -> Reading:
    try:
        return reading()
    except psutil.AccessDenied:
        return Unknown("permission denied")


def gone(pid: int) -> Unknown:
    """Why /proc has nothing of a process."""
    return Unknown(_HIDDEN if is_hidden(pid) else "the process is gone")


def is_hidden(pid: int) -> bool:
    """Whether a process of which /proc shows nothing is there all the same."""
    if not LINUX or pid < 1:  # to signal 0 is to signal ourselves
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass  # another user's
    except (ProcessLookupError, OverflowError):
        return False
    return not Path(f"/proc/{pid}").exists()  # or it is a new one, which has the number since


def fds_limit(pid: int) -> Reading:
    """How many file descriptors it may have, as its soft limit says."""
    if sys.platform != "linux":
        return Unknown("this operating system does not tell")
    try:
        soft, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    except PermissionError:
        return _written_limit(pid)
    except ProcessLookupError:
        return Unknown("the process is gone")
    return float(soft) if soft != resource.RLIM_INFINITY else _UNLIMITED


def _written_limit(pid: int) -> Reading:
    """The same of another user's process: the file is for everybody."""
    try:
        limits = Path(f"/proc/{pid}/limits").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return gone(pid)
    except OSError as error:
        return Unknown(str(error.strerror))
    found = re.search(r"(?m)^Max open files +(\d+|unlimited) ", limits)
    if found is None:
        return Unknown("this kernel does not tell")
    return _UNLIMITED if found[1] == "unlimited" else float(found[1])
