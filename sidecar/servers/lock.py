"""The server's lock, and who is the server: found by what it has and is, for no memory of ours is as good.

The server has the lock from before its exec, as long as it or an heir of it lives, unless somebody closed the
descriptor or deleted the file. And it leads a session, which nothing that it executes can change.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import psutil

from fermatkit.process import started
from sidecar.core.nouns import Identity

NUMBER = 77
"""The lock's descriptor in the server: scripts use 3 to 9 for themselves, shells 10 and up, and 255.

And in its heirs: who has the file open under another number, such as a backup, does not hold the lock.
"""


def take(path: Path) -> int | None:
    """A descriptor that holds the lock, not inheritable; None when somebody else holds it.

    OSError when the file cannot be opened or locked.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def holders(path: Path) -> list[Identity]:
    """Everybody but us who holds the lock, as far as we may look; first who started first.

    `path` is resolved. Takes some 6 µs for each process of the machine. OSError when they cannot be read.
    """
    pids: list[int] = psutil.pids()
    found = [(pid, started(pid)) for pid in pids if pid != os.getpid() and _holds(pid, path)]
    return sorted((Identity(pid, start) for pid, start in found if start is not None), key=_age)


def server(holding: list[Identity], known: Identity | None) -> Identity | None:
    """Who is the server, if it runs: `holding` is who holds its lock, `known` the one that ran last.

    It is the one that is known, or who leads the session in which the lock is held, or else, without a word
    from the lock, the one that is known if it leads its session. A start time is the time since the machine's
    own start: after a reboot, `known` may be another process, if pid and hundredth of a second are the same.
    That it has to lead its session makes this as improbable as can be without a file of our own, which could
    be lost as well; and no more may be asked, for two servers would be worse.

    OSError when a process cannot be read: nothing is known then.
    """
    if known in holding:
        return known
    leaders = {leader for one in holding if (leader := _leader(one)) is not None}
    if not leaders and known is not None and _leader(known) == known:
        return known
    return min(leaders, key=_age, default=None)  # what the server started itself came after it


def _leader(one: Identity) -> Identity | None:
    """Who leads the session of a process; None if that one is gone (its pid is no other's meanwhile)."""
    try:
        pid = os.getsid(one.pid)
    except ProcessLookupError:
        return None
    start = started(pid)
    return Identity(pid, start) if start is not None else None


def _age(one: Identity) -> int:
    return one.started


def _holds(pid: int, path: Path) -> bool:
    try:
        if psutil.LINUX:
            return Path(f"/proc/{pid}/fd/{NUMBER}").readlink() == path
        return any(file.fd == NUMBER and Path(file.path) == path for file in psutil.Process(pid).open_files())
    except (OSError, psutil.Error):  # gone, no such descriptor, or not ours to look into
        return False
