"""What an earlier sidecar saved, read once at the start, wherever it can be found."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from sidecar.core.memory import Memory
from sidecar.store.boot import boot
from sidecar.store.database import BESIDE, FAILURES, Database, opened, reason
from sidecar.store.files import UNREADABLE, log, set_aside

DATABASE = "sidecar.db"
EARLIER = "memory.json"
"""Where the memory was before there was a database."""
_EARLIER_SCHEMA = 1


class _Label(msgspec.Struct):
    schema: int


class _Earlier(msgspec.Struct):
    memory: Memory
    boot: str = ""


def load(directory: Path) -> Memory | None:
    """The memory; None without one. What cannot be understood is set aside.

    What an earlier version left is taken over once, and renamed when the database holds it.
    """
    path, earlier = directory / DATABASE, directory / EARLIER
    memory = _saved(path)
    if not earlier.exists():
        return memory
    if memory is None and (memory := _of_json(earlier)) is None:
        return None
    try:
        with closing(opened(path)) as database:
            database.write(memory)
        earlier.rename(earlier.with_name(f"{EARLIER}.taken-over"))
    except FAILURES as error:
        log.warning("earlier memory not taken over yet", file=str(earlier), why=reason(error))
    return memory


def _saved(path: Path) -> Memory | None:
    if not path.exists():
        return None
    try:
        return _read(path)
    except FAILURES as error:
        log.warning("memory not read", file=str(path), why=reason(error))
        return None


def _read(path: Path) -> Memory | None:
    try:
        with closing(opened(path)) as database:
            return database.memory
    except (OSError, sqlite3.Error):  # SQLite writes where it reads; of a disk that is read-only, read a copy
        with TemporaryDirectory() as name, closing(Database(_copied(path, Path(name)))) as database:
            return database.memory


def _copied(path: Path, directory: Path) -> Path:
    for end in ("", *BESIDE):
        part = path.with_name(path.name + end)
        if part.exists():
            shutil.copy(part, directory)
    return directory / path.name


def _of_json(path: Path) -> Memory | None:
    try:
        content = path.read_bytes()
        schema = msgspec.json.decode(content, type=_Label).schema
        if schema == _EARLIER_SCHEMA:
            found = msgspec.json.decode(content, type=_Earlier)
            same = found.boot in ("", boot())
            return found.memory if same else msgspec.structs.replace(found.memory, identity=None)
        why = f"its schema is {schema}, not {_EARLIER_SCHEMA}"
    except OSError as error:
        why = str(error.strerror)
    except UNREADABLE as error:
        why = str(error)
    set_aside(path, why)
    return None
