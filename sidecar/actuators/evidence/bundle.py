"""The directory of one bundle, and the room that all of them may take."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import structlog

log = structlog.get_logger("sidecar.evidence")

_HALF = ".partial"
"""The end of a bundle's name for as long as it is being written."""


class Bundle:
    """Written under a name that says so, until it is finished; nobody but its owner may look inside."""

    def __init__(self, directory: Path, label: str, wall: float, limit: int) -> None:
        """Make it. `wall` in epoch seconds; `limit` in bytes for all its files. OSError if it cannot be."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Milliseconds, so that names sort by age, for the oldest are removed: two may come within a second.
        stamp = f"{time.strftime('%Y-%m-%dT%H%M%S', time.gmtime(wall))}.{int(wall * 1000) % 1000:03d}Z"
        name = f"{stamp}-{label}"
        names = (directory / (name if number == 1 else f"{name}-{number}") for number in count(1))
        self.path = next(path for path in names if not path.exists() and not _half(path).exists())
        _half(self.path).mkdir(mode=0o700)
        self.files: dict[str, int] = {}
        """Bytes by name."""
        self._left = limit

    def add(self, name: str, content: bytes) -> str | None:
        """Write a file, as far as the limit allows; what is missing of it, and why. Raises no OSError."""
        fits = content[: self._left]
        if why := self._write(name, fits):
            return why
        self.files[name] = len(fits)
        self._left -= len(fits)
        if len(fits) < len(content):
            return f"cut after {len(fits)} of {len(content)} bytes: the bundle is full"
        return None

    def finish(self, index: bytes) -> str | None:
        """Write the index, which no limit cuts, and give the bundle its name; why there is no index.

        OSError if not even the index could be written into an empty bundle: then nothing stays behind.
        """
        half = _half(self.path)
        why = self._write("summary.json", index)
        if why and not self.files:
            half.rmdir()
            raise OSError(f"{half}: nothing could be written: {why}")
        half.rename(self.path)
        return why

    def _write(self, name: str, content: bytes) -> str | None:
        path = _half(self.path) / name
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "wb") as stream:
                stream.write(content)
        except OSError as error:
            with suppress(OSError):
                path.unlink()  # half a file may keep the disk full for the next one
            return str(error.strerror)
        return None


def _half(path: Path) -> Path:
    return path.with_name(f"{path.name}{_HALF}")


def rotate(directory: Path, limit: int, pattern: str = "*") -> None:
    """Remove the oldest bundles so named, half ones too, until those take `limit` bytes; never the newest."""
    bundles = sorted(path for path in directory.glob(pattern) if path.is_dir() and not path.is_symlink())
    sizes = [_size(bundle) for bundle in bundles]
    excess = sum(sizes) - limit
    for bundle, size in zip(bundles[:-1], sizes, strict=False):
        if excess > 0 and _removed(bundle):
            excess -= size


def _size(bundle: Path) -> int:
    """Bytes that it takes on the disk."""
    with os.scandir(bundle) as entries:
        return sum(entry.stat(follow_symlinks=False).st_blocks * 512 for entry in entries)


def _removed(bundle: Path) -> bool:
    try:
        shutil.rmtree(bundle)
    except OSError as error:  # the next one may be easier
        log.warning("old evidence not removed", bundle=str(bundle), why=error.strerror)
        return False
    return True
