"""The test's own process as somebody who may do little; and processes of a throw-away user."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_NOBODY = 65534
_THROW_AWAY = 100_000 + os.getpid()
"""Nobody else's: what is counted for a user is this test's alone."""
_PROGRAM = """
import os, resource, sys, threading
user, limit, threads = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))
os.setresuid(user, user, user)
try:
    while threading.active_count() < threads:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
except RuntimeError:
    pass
print(threading.active_count(), flush=True)
sys.stdin.read()
"""


@contextmanager
def another_user() -> Iterator[None]:
    """Be nobody for a moment; skips the test where that cannot be."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@contextmanager
def with_threads(threads: int, limit: int) -> Iterator[tuple[int, int]]:
    """A process of a user of its own, who may have so many tasks: its pid, and how many threads it has."""
    if os.geteuid() != 0:
        pytest.skip("only root can start a process of another user, and RLIMIT_NPROC does not bind root")
    command = [sys.executable, "-c", _PROGRAM, str(_THROW_AWAY), str(limit), str(threads)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        counted = process.stdout.readline()
        if not counted:
            pytest.skip("this root may not raise a limit: it lacks CAP_SYS_RESOURCE")
        yield process.pid, int(counted)
        process.kill()
