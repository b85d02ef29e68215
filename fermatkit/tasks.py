"""How many tasks (threads and processes) count against the limits that a process shares with others.

What refuses a thread is whichever is reached first (clone(2), EAGAIN): the limit of its user, `pids.max` of
its cgroup or of one above, the machine's. The cgroup's own is in `accounting`, the machine's in `host`.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from fermatkit import cgroups, small
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.stat import LINUX, look

_FREE = 1 << 21 | 1 << 24
"""CAP_SYS_ADMIN and CAP_SYS_RESOURCE (capabilities(7)): who has one is not bound by the limit of its user."""
_UNLIMITED = Unknown("no limit is set")
_OF_SLICES = (Measure.SLICE_TASKS, Measure.SLICE_TASKS_LIMIT)
_OF_USER = (Measure.USER_TASKS, Measure.USER_TASKS_LIMIT)
MEASURES = (*_OF_SLICES, *_OF_USER)


def shared(pid: int) -> dict[Measure, Reading]:
    """All of it. 3 µs for each process there is. OSError when it cannot be read, or the process is gone."""
    if not LINUX:
        return nothing(Unknown("this operating system does not tell"))
    return {**_pair(_OF_SLICES, _of_slices(pid)), **_pair(_OF_USER, of_user(pid))}


def nothing(why: Unknown) -> dict[Measure, Reading]:
    """The same, when there is nothing to be had."""
    return dict.fromkeys(MEASURES, why)


def _pair(measures: tuple[Measure, Measure], found: tuple[float, float] | Unknown) -> dict[Measure, Reading]:
    if isinstance(found, Unknown):
        return dict.fromkeys(measures, found)
    return dict(zip(measures, found, strict=True))


def _of_slices(pid: int) -> tuple[float, float] | Unknown:
    """The fullest of the cgroups above its own."""
    above = cgroups.above(pid)
    if isinstance(above, Unknown):
        return above
    limited = [pair for pair in map(of_cgroup, above) if pair is not None]
    return max(limited, key=lambda pair: pair[0] / pair[1], default=_UNLIMITED)


def of_cgroup(folder: Path) -> tuple[float, float] | None:
    """How many, of how many; None without a limit: the root has none, nor has one without the controller."""
    try:
        limit = small.text(folder / "pids.max").strip()
        return None if limit in ("max", "0") else (float(small.text(folder / "pids.current")), float(limit))
    except FileNotFoundError:
        return None


def of_user(pid: int) -> tuple[float, float] | Unknown:
    """How many tasks its real user has, of how many: what counts against RLIMIT_NPROC (setrlimit(2))."""
    status, limits = (small.text(f"/proc/{pid}/{file}") for file in ("status", "limits"))
    user, capabilities = re.search(r"(?m)^Uid:\s+(\d+)", status), re.search(r"(?m)^CapEff:\s+(\w+)", status)
    limit = re.search(r"(?m)^Max processes +(\d+|unlimited) ", limits)
    if user is None or capabilities is None or limit is None:
        return Unknown("this kernel does not tell")
    if user[1] == "0":
        return Unknown("it does not bind root")
    if int(capabilities[1], 16) & _FREE:
        return Unknown("it does not bind who has CAP_SYS_RESOURCE or CAP_SYS_ADMIN")
    return _UNLIMITED if limit[1] in ("unlimited", "0") else (_tasks(int(user[1]), pid), float(limit[1]))


def _tasks(user: int, pid: int) -> float:
    """Of those that are seen from here, by the owner of /proc/PID, who may be another than the real user.

    So it is the least that may count: a process that hides, or of the same user in a container, does, too.
    """
    total = 0.0
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                total += _threads(entry, user, pid)
    return total


def _threads(entry: os.DirEntry[str], user: int, pid: int) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):  # gone in between
        if int(entry.name) == pid or entry.stat().st_uid == user:
            stat = look(int(entry.name))
            return stat.threads if stat and not isinstance(stat.threads, Unknown) else 0.0
    return 0.0
