"""Files of the server and of our own, as far as they may be shown."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path

from fermatkit import masking
from fermatkit.process import age
from sidecar.core.nouns import Identity

LINES = 200
_LONGEST = 2**20
"""Bytes of any file that are read."""
_BLOCK = 2**16
_CLOCKS = 1.0
"""Seconds by which a file system's clock and ours may differ."""


def last_lines(paths: Sequence[Path]) -> bytes:
    """The last lines of the first of these files that exists, under its name."""
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        raise FileNotFoundError(f"no {' and no '.join(str(path) for path in paths)}")
    return f"== {path}\n".encode() + _masked(_tail(path, LINES))


def crash_report(places: Sequence[Path], identity: Identity) -> bytes | None:
    """What a JVM leaves behind when it crashes, under the file's name; a living one has none.

    OSError if there may be one where we cannot look.
    """
    name = f"hs_err_pid{identity.pid}.log"
    born = time.time() - age(identity.started)
    barred: OSError | None = None
    for place in places:
        try:
            with os.fdopen(_open(place / name), "rb") as file:
                if os.fstat(file.fileno()).st_mtime > born - _CLOCKS:  # else another's who had the pid
                    return f"== {place / name}\n".encode() + _masked(file.read(_LONGEST))
        except FileNotFoundError:
            continue
        except OSError as error:
            barred = error
    if barred is not None:
        raise barred
    return None


def properties(path: Path) -> bytes:
    """The server's configuration. An empty one is a trouble of its own, so its size is told."""
    content = _read(path)
    head = f"== {path}: {len(content)} bytes\n"
    return (head + masking.properties(content.decode(errors="replace"))).encode()


def configuration(path: Path) -> bytes:
    """Our own configuration."""
    try:
        return masking.toml(_read(path).decode())
    except ValueError as error:  # changed since we read it
        raise OSError(f"{path}: is not TOML now, so its secrets cannot be masked") from error


def _masked(content: bytes) -> bytes:
    return masking.text(content.decode(errors="replace")).encode()


def _open(path: Path) -> int:
    """Open a plain file: a pipe could keep us waiting, or take what is another's to read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(f"{path}: is not a plain file")


def _read(path: Path) -> bytes:
    with os.fdopen(_open(path), "rb") as file:
        return file.read(_LONGEST)


def _tail(path: Path, lines: int) -> bytes:
    """Reads from the end: the server's log has no limit."""
    content = b""
    with os.fdopen(_open(path), "rb") as file:
        at = file.seek(0, os.SEEK_END)
        while at > 0 and content.count(b"\n") <= lines and len(content) < _LONGEST:
            length = min(_BLOCK, at)
            at = file.seek(at - length)
            content = file.read(length) + content
    return b"".join(content.splitlines(keepends=True)[-lines:])
