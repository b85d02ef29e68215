"""Who has a server's lock, found in another way than the code's; and an end to them."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil


def kill(pid: int) -> None:
    """Kill a process of the test's, and take its status if it is our child."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def holders(lock: Path) -> list[int]:
    """Everybody who has the lock's file open."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if any(file.path == str(lock) for file in process.open_files()):
                found.append(process.pid)
    return found


def clean_up(lock: Path) -> None:
    """Kill whoever holds this lock: all of them were started by the test."""
    for pid in holders(lock):
        if pid != os.getpid():
            kill(pid)
