"""A process seen from outside: which one it is, and what it uses. What could not be read says why."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from contextlib import suppress
from itertools import islice
from pathlib import Path

import msgspec
import psutil

from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.stat import ENDED, LINUX, TICKS, fds_limit, gone, look


def started(pid: int, *, dead_too: bool = False) -> int | None:
    """When this process started; None if there is none, or (unless `dead_too`) only its zombie.

    With the pid it names a process for as long as the machine is up. On Linux: clock ticks since boot, field
    22 of /proc/PID/stat, which stays the same when the wall clock is set (psutil's public figure does not).
    Elsewhere: milliseconds since the epoch.

    OSError when it cannot be read, as without a free descriptor, or when /proc hides it: it is unknown then
    whether it is there.
    """
    stat = look(pid)
    return stat.started if stat and (dead_too or stat.letter not in ENDED) else None


def age(start: int) -> float:
    """For how many seconds a process has been running; `start` is what `started` said of it."""
    now = time.clock_gettime(time.CLOCK_BOOTTIME) if LINUX else time.time()
    return max(0.0, now - start / TICKS)


def command_line(pid: int) -> str:
    """What a process was called with, its words joined by spaces; "" when it is gone or hidden. 8 µs."""
    try:
        if not LINUX:
            return " ".join(psutil.Process(pid).cmdline())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError, psutil.Error):
        return ""
    return words.replace(b"\0", b" ").decode(errors="replace")


def hides_others() -> bool:
    """Tell whether /proc keeps the processes of others from us (hidepid, ProtectProc), the first one, too."""
    if not LINUX:
        return False
    try:
        Path("/proc/1/cmdline").read_bytes()
    except FileNotFoundError:
        return True
    except OSError as error:
        return isinstance(error, PermissionError)
    return False


def name(pid: int) -> str:
    """What a process is called, as text that can be stored: a name may be any bytes. psutil.Error."""
    return str(psutil.Process(pid).name()).encode(errors="backslashreplace").decode()


_SAMPLED = (Measure.CPU, Measure.MEMORY, Measure.THREADS, Measure.FDS_LIMIT, Measure.UPTIME)


class Sample(msgspec.Struct, frozen=True):
    """What a process was like at one moment."""

    state: str
    """One letter, as the kernel writes it: R, S, D, T …; "" when it could not be read."""
    readings: dict[Measure, Reading]


class Sampler:
    """Samples one process, again and again; each takes less than 0.1 ms and never waits."""

    def __init__(self, pid: int, start: int) -> None:
        """`start` is what `started(pid)` said: a sample is never of another process."""
        self._pid = pid
        self._start = start
        self._before: tuple[float, float] | None = None

    def sample(self) -> Sample | None:
        """CPU, memory, threads, limit of descriptors, running time; None when the process is gone."""
        try:
            stat = look(self._pid)
        except OSError as error:  # we have no descriptor left, say
            return Sample("", dict.fromkeys(_SAMPLED, Unknown(str(error.strerror))))
        if stat is None or stat.started != self._start or stat.letter in ENDED:
            return None
        readings = {
            Measure.CPU: self._cpu(stat.cpu),
            Measure.MEMORY: stat.resident,
            Measure.THREADS: stat.threads,
            Measure.FDS_LIMIT: fds_limit(self._pid),
            Measure.UPTIME: age(self._start),
        }
        return Sample(stat.letter, readings)

    def _cpu(self, used: Reading) -> Reading:
        """Percent of a core since the sample before."""
        if isinstance(used, Unknown):
            return used
        before, now = self._before, (time.monotonic(), used)
        self._before = now
        if before is None or now[0] == before[0]:
            return Unknown("needs two samples")
        return 100 * (now[1] - before[1]) / (now[0] - before[0])


def open_fds(pid: int) -> Reading:
    """How many file descriptors a process has open.

    At once from Linux 6.2 on. Before, every one of them is listed, 13 ms of CPU for 15,000: not for an event
    loop.
    """
    try:
        if COUNTS_FDS:
            return float(os.stat(f"/proc/{pid}/fd").st_size)  # noqa: PTH116 - a Path costs thrice the call
        return float(psutil.Process(pid).num_fds())
    except (PermissionError, psutil.AccessDenied):
        return Unknown("permission denied")
    except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
        return gone(pid)
    except OSError as error:  # we have no descriptor left, say
        return Unknown(str(error.strerror))


COUNTS_FDS = LINUX and Path("/proc/self/fd").stat().st_size > 0
"""Linux tells the number as the size of /proc/PID/fd from 6.2 on; before, that is 0."""


def has_open(pid: int, names: Collection[str]) -> bool:
    """Tell whether a process has one of these open: resolved paths, or ``socket:[INODE]`` (Linux).

    False where we may not look, or see nothing.
    """
    try:
        with os.scandir(f"/proc/{pid}/fd") as entries:
            return any(_link(entry.path) in names for entry in entries)
    except OSError:
        return False


def shows_open(pid: int) -> bool:
    """Tell whether we may look at what a process has open (Linux): to list it is not yet to look."""
    try:
        with os.scandir(f"/proc/{pid}/fd") as entries:
            return all(_may_read(entry.path) for entry in islice(entries, 1))
    except OSError:
        return False


def _may_read(path: str) -> bool:
    with suppress(FileNotFoundError):  # closed in between
        os.readlink(path)  # noqa: PTH115 - as below
    return True


def open_sockets(pid: int) -> set[int]:
    """The inodes of the sockets that a process has open (Linux). OSError where we may not look."""
    with os.scandir(f"/proc/{pid}/fd") as entries:
        links = [_link(entry.path) for entry in entries]
    return {int(link[8:-1]) for link in links if link.startswith("socket:[")}


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 - thousands of them: a Path each would cost more than the call
    except OSError:  # closed in between
        return ""


def disk_free(directory: Path) -> Reading:
    """Bytes that an ordinary user may still write there. Hangs with a network disk: not for an event loop."""
    try:
        return float(psutil.disk_usage(str(directory)).free)
    except OSError as error:
        return Unknown(f"{directory}: {error.strerror}")
