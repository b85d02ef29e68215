"""Whoever ends what a drill has started, however the drill ends: a process that waits for its stdin to end.

It makes the drill's directory and says where that is; then it waits. What belongs to the drill is whoever has
the directory in its environment, under `MARK`: that is inherited by all that anybody starts there. So a drill
that was killed leaves nothing behind, be it that its sidecar was killed, too. Started by `kept`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from fermatkit.errors import UserError

MARK = "FERMAT_LOADGEN_DRILL"
_FAREWELL = 2.0
"""Seconds for a sidecar to end its server and itself."""
_GOES_WITHIN = 15.0
_PAUSE = 0.05


@contextmanager
def kept() -> Iterator[Path]:
    """A directory of its own, for as long as this lasts; and then everybody is ended who belongs to it."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "loadgen.drills.keeper"]
    # Ctrl-C is not for it: the end of the drill is its own.
    keeper = subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True)  # noqa: S603
    assert keeper.stdin and keeper.stdout  # noqa: S101, PT018 - they are pipes
    try:
        directory = os.fsdecode(keeper.stdout.readline().rstrip(b"\n"))
        if not directory:
            raise UserError("no temporary directory could be made; set TMPDIR to where there is room")
        yield Path(directory)
    finally:
        keeper.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            keeper.wait(_GOES_WITHIN)
        keeper.stdout.close()


def _belonging(directory: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == directory and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _end(directory: str) -> None:
    """Sidecars in order, for a server that ended before them would be started again; then all the rest."""
    for process in _belonging(directory):
        with suppress(psutil.Error):
            if "sidecar" in process.cmdline():
                process.terminate()
    deadline = time.monotonic() + _FAREWELL
    while _belonging(directory) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    while left := _belonging(directory):
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        time.sleep(_PAUSE)


def main() -> None:
    """See above."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    directory = tempfile.mkdtemp(prefix="loadgen-drill-")
    try:
        with suppress(OSError):
            sys.stdout.buffer.write(os.fsencode(directory) + b"\n")
            sys.stdout.buffer.flush()
        sys.stdin.buffer.read()
        _end(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
