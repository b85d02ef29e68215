"""One sidecar for one state directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from fermatkit.errors import ExitCode, UserError


class InstanceLock:
    """Held while this object is in use as a context; the kernel lets go of it when the program ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock; UserError names the sidecar that has it."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise UserError(
                f"another sidecar (pid {holder}) works in {self._path.parent}: "
                "stop it, or choose another [state] directory",
                ExitCode.CONFIGURATION,
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
