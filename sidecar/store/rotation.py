"""Numbered files that are packed when full and removed when old: bounded, whatever happens."""

from __future__ import annotations

import gzip
import os
import shutil
from contextlib import suppress
from pathlib import Path

import structlog

from sidecar.store.recorded import PACKED, PLAIN, number_of, numbered

log = structlog.get_logger("sidecar.store")

_FILES = 500
"""A sidecar that is started again and again makes small ones."""
_NEW = ".new"


class Rotation:
    """Appends to the newest file. Not safe for more than one thread or process."""

    def __init__(self, directory: Path, file_size: int, total: int) -> None:
        """`file_size` and `total` in bytes, the latter four times the former at least."""
        self._directory = directory
        self._file_size = file_size
        self._closed_size = total - 2 * file_size  # the rest is for the open file and for packing
        self._descriptor: int | None = None
        self._size = 0

    @property
    def full(self) -> bool:
        """Whether there is no file to append to, or enough in it."""
        return self._descriptor is None or self._size >= self._file_size

    def begin(self) -> int:
        """Open a new file, the older ones packed and, beyond the total, removed; its number. OSError."""
        self.close()
        self._directory.mkdir(parents=True, exist_ok=True)
        number = max((number_of(path) for path in numbered(self._directory)), default=0) + 1
        self._tidy()
        path = self._directory / f"{number:06}{PLAIN}"
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._size = 0
        return number

    def append(self, content: bytes) -> None:
        """All of it, or OSError and nothing of it."""
        assert self._descriptor is not None  # noqa: S101 - who appends has begun; mypy has to see it
        left = memoryview(content)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(content)

    def close(self) -> None:
        """Begin a new file before the next is appended."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _tidy(self) -> None:
        for path in self._directory.glob(f"*{_NEW}"):  # of a packing that was cut off
            path.unlink()
        for path in self._directory.glob(f"*{PLAIN}"):
            try:
                _pack(path)
            except OSError as error:  # it stays as it is, and counts as what it is
                log.warning("recording not packed", file=str(path), why=error.strerror)
        self._remove()

    def _remove(self) -> None:
        files = numbered(self._directory)
        size = sum(path.stat().st_size for path in files)
        left = len(files)
        for path in files:
            if size <= self._closed_size and left < _FILES:
                return
            size -= path.stat().st_size
            left -= 1
            path.unlink()


def _pack(path: Path) -> None:
    new = path.with_name(path.name + _NEW)
    try:
        with (
            path.open("rb") as plain,
            new.open("wb") as raw,
            gzip.GzipFile(path.name, "wb", 6, raw, 0) as packed,
        ):
            shutil.copyfileobj(plain, packed, 2**16)
        new.replace(path.with_name(path.name.removesuffix(PLAIN) + PACKED))
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
    path.unlink()
