"""Whether a process can make one thread more. A JVM that is woken needs one, and ends itself without it."""

from __future__ import annotations

from contextlib import suppress
from itertools import takewhile
from pathlib import Path

from fermatkit import cgroups
from fermatkit.measures import Unknown
from sidecar.actuators.evidence.status import Status

_SPARE = 4
"""Threads: what else may be made between this look and the JVM's."""


def lacking(pid: int, status: Status) -> str:
    """Why it can hardly make one; "" if it can, as far as can be seen. OSError when the process is gone."""
    return _of_its_user(pid, status) or _of_its_cgroups(pid)


def _of_its_user(pid: int, status: Status) -> str:
    """RLIMIT_NPROC counts the threads of all its user's processes, and does not bind root (getrlimit(2))."""
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    most = next(line.split()[2] for line in limits if line.startswith("Max processes"))
    if status.uid == 0 or most == "unlimited":
        return ""
    have = sum(_threads(one, status.uid) for one in Path("/proc").iterdir() if one.name.isdigit())
    return f"its user has {have} of {most} threads" if have + _SPARE > int(most) else ""


def _threads(process: Path, uid: int) -> int:
    with suppress(OSError):  # gone in between
        other = Status.of(int(process.name))
        return other.threads if other.uid == uid else 0
    return 0


def _of_its_cgroups(pid: int) -> str:
    """Each of them may have a limit, from its own up to the root, which has none."""
    own, top = cgroups.of(pid), cgroups.root()
    if isinstance(own, Unknown) or top is None:
        return ""
    for folder in takewhile(lambda one: one != top, (own.folder, *own.folder.parents)):
        with suppress(OSError, ValueError):  # without a count of its own, or "max"
            have, most = (int((folder / name).read_text()) for name in ("pids.current", "pids.max"))
            if have + _SPARE > most:
                return f"{folder.name} has {have} of {most} threads"
    return ""
