"""Real control groups (v2) for processes of the tests; and folders that look like one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from fermatkit import cgroups

_PROGRAM = """
import os, socket, sys, time
with open(sys.argv[1] + "/cgroup.procs", "w") as procs:
    procs.write(str(os.getpid()))
server = socket.create_server((sys.argv[3], int(sys.argv[4]))) if sys.argv[2] else None
print(server.getsockname()[1] if server else 0, flush=True)
while True:
    time.sleep(60)
"""
Start = Callable[..., tuple[int, int]]
"""Starts a process in the group, which listens if told to: its pid and its port."""


@contextmanager
def group(name: str) -> Iterator[tuple[cgroups.Cgroup, Start]]:
    """A group of this name; skips the test where none can be made."""
    top = cgroups.root()
    if top is None or os.geteuid() != 0 or not os.access(top, os.W_OK):
        pytest.skip("no cgroup v2 that this user may write")
    folder = top / f"fermat-{os.getpid()}" / name
    folder.mkdir(parents=True)
    running: list[subprocess.Popen[bytes]] = []

    def start(*, listens: bool = False, address: str = "127.0.0.1", port: int = 0) -> tuple[int, int]:
        command = [sys.executable, "-c", _PROGRAM, str(folder), "yes" if listens else "", address, str(port)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        running.append(process)
        assert process.stdout is not None
        return process.pid, int(process.stdout.readline())

    try:
        yield cgroups.Cgroup(folder, folder.stat().st_ino), start
    finally:
        for process in running:
            with process:
                process.kill()
        folder.rmdir()
        with suppress(OSError):  # another group of the test is still there
            folder.parent.rmdir()


def written(folder: Path, **files: str) -> cgroups.Cgroup:
    """A folder with these files, named with `_` for the dot, in place of a group with all controllers."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return cgroups.Cgroup(folder, folder.stat().st_ino)
