"""Small files that are either the old or the new, whatever happens meanwhile; broken ones are set aside."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import Path

import msgspec
import structlog

log = structlog.get_logger("sidecar.store")

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON they should be."""


def write(path: Path, content: bytes) -> None:
    """Replace a file, on the disk itself before this returns.

    OSError: it is whole all the same, the old one or (if it may not last) the new.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()  # half a file may keep the disk full
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def set_aside(path: Path, why: str) -> None:
    """Rename a file that cannot be used to ``NAME.corrupt-N``, for somebody to look at. Raises no OSError."""
    try:
        move_aside(path, why)
    except OSError as error:
        log.warning("unusable file", file=str(path), why=why, not_set_aside=error.strerror)


def move_aside(path: Path, why: str, *beside: str) -> None:
    """Likewise, or OSError; first what may be beside it, by the ends of the names."""
    names = (path.with_name(f"{path.name}.corrupt-{number}") for number in count(1))
    aside = next(name for name in names if not name.exists())
    for end in beside:
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    path.rename(aside)
    log.warning("unusable file set aside", file=str(path), why=why, now=str(aside))
