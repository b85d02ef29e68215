"""One sidecar for one state directory."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path

from fermatkit.errors import ExitCode, UserError


class InstanceLock:
    """Held from the beginning to the end of the process, however it ends; not by the programs it starts."""

    def __init__(self, directory: Path) -> None:
        """Take it. UserError if another sidecar has it, or the directory cannot be used."""
        path = directory / "sidecar.lock"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._descriptor = _open(path)
        except OSError as error:
            raise UserError(
                f"{error.filename}: {error.strerror}: choose another state directory, or make this one ours",
                ExitCode.CONFIGURATION,
            ) from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._descriptor, 20).decode(errors="replace") or "unknown"
            os.close(self._descriptor)
            raise UserError(
                f"{directory}: another sidecar (pid {pid}) uses it: stop that one, or use another directory"
            ) from None
        with suppress(
            OSError
        ):  # a disk that is full or read-only: it is the lock that counts, our pid is for the reader
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Let another sidecar in."""
        os.close(self._descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        if error.errno == errno.EROFS:
            with suppress(FileNotFoundError):
                return os.open(path, os.O_RDONLY)  # an earlier sidecar's is a lock as good
        raise
