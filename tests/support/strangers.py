"""Processes that are nobody's children here: what somebody else's server is found among."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from fermatkit.process import started
from sidecar.core.nouns import Identity

_PROGRAM = """
import os, socket, sys, time
address, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
listener = socket.create_server((address, port), family=family) if port else None
os.write(1, b"%d\\n" % os.getpid())
time.sleep(60)
"""

Stranger = Callable[..., Identity]


@contextmanager
def strangers() -> Iterator[Stranger]:
    """Start processes with these last words in their command lines, which listen if told to; end them."""
    there: list[int] = []

    def stranger(*words: str, port: int = 0, address: str = "127.0.0.1") -> Identity:
        # Forks, and ends: what it has started is init's child then.
        command = ["setsid", "--fork", sys.executable, "-c", _PROGRAM, address, str(port), *words]
        reads, writes = os.pipe()
        with os.fdopen(reads) as said:
            try:
                subprocess.run(command, stdout=writes, check=True)
            finally:
                os.close(writes)
            pid = int(said.readline())
        there.append(pid)
        start = started(pid)
        assert start is not None
        return Identity(pid, start)

    try:
        yield stranger
    finally:
        for pid in there:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            while started(pid) is not None:
                time.sleep(0.001)
