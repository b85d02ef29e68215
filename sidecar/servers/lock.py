"""The server's lock: held by the server itself from before its exec, as long as it or an heir of it lives.

No memory of ours can be as good: the sidecar may be killed between a start and the note of it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import psutil

from fermatkit.process import has_open, started
from sidecar.core.nouns import Identity


def take(path: Path) -> int | None:
    """A descriptor that holds the lock, not inheritable; None when somebody else holds it.

    OSError when the file cannot be opened.
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


def holder(path: Path, remembered: Identity | None) -> Identity | None:
    """Who holds the lock: the one `remembered`, or who is nearest to what was started; None: nobody is seen.

    `path` is resolved. Looks through every process we may look into: not for an event loop.
    """
    if remembered is not None and _alive(remembered) and _holds(remembered.pid, path):
        return remembered
    pids: list[int] = psutil.pids()
    found = [(pid, started(pid)) for pid in pids if pid != os.getpid() and _holds(pid, path)]
    holders = [Identity(pid, start) for pid, start in found if start is not None]
    # The server leads its session; what it started itself came after it.
    return min(holders, key=lambda one: (not _leads(one.pid), one.started), default=None)


def _alive(identity: Identity) -> bool:
    return started(identity.pid) == identity.started


def _leads(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except OSError:
        return False


def _holds(pid: int, path: Path) -> bool:
    if psutil.LINUX:
        return has_open(pid, {str(path)})
    try:
        return any(Path(file.path) == path for file in psutil.Process(pid).open_files())
    except psutil.Error:
        return False
