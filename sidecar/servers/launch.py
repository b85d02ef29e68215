"""How the server's process is made: in a session of its own, with nothing of ours but what it is given."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sidecar.servers.lock import NUMBER

_SIGNALS = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}


class Launcher:
    """Knows what to run, and where."""

    def __init__(self, command: tuple[str, ...], directory: Path, output: Path) -> None:
        # While a server is started, our working directory is another: nothing may be relative to it.
        self._command = command
        self._environment = dict(os.environb)
        self._directory = directory.absolute()
        self._output = output.absolute()
        _keep_descriptors()

    def launch(self, lock: int) -> int:
        """Start the process, which keeps the `lock`, with every signal as a new process has it. → its pid.

        OSError when it cannot be started. posix_spawn costs half of what subprocess.Popen does, and resets
        signals, which that cannot.
        """
        with _opened(self._output) as output, _standing_in(self._directory):
            return os.posix_spawnp(
                self._command[0],
                self._command,
                self._environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, output, 1),
                    (os.POSIX_SPAWN_DUP2, output, 2),
                    (os.POSIX_SPAWN_DUP2, lock, NUMBER),
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=_SIGNALS,
            )


def _keep_descriptors() -> None:
    """Let no server inherit what was handed to us, such as a pipe of make's that would never close."""
    for descriptor in {int(path.name) for path in Path("/dev/fd").iterdir()} - {0, 1, 2}:
        with suppress(OSError):  # the one of the listing itself is closed by now
            fcntl.fcntl(descriptor, fcntl.F_SETFD, fcntl.FD_CLOEXEC)


@contextmanager
def _opened(output: Path) -> Iterator[int]:
    descriptor = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _standing_in(directory: Path) -> Iterator[None]:
    """Change the working directory of this whole process, and back: posix_spawn knows no other way.

    It takes a tenth of a millisecond, in which no other thread may use a relative path; the sidecar has none.
    """
    here = None
    with suppress(PermissionError):  # a directory we may not even look at: there is no way back, nor a need
        here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(directory)
        yield
    finally:
        if here is not None:
            os.fchdir(here)
            os.close(here)
