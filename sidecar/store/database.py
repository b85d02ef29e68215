"""The memory in an SQLite database. What a save has not changed is not written again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from sidecar.core.memory import Memory
from sidecar.core.stories import Incident, Owed
from sidecar.store.boot import boot
from sidecar.store.files import UNREADABLE, move_aside
from sidecar.store.rows import NONE, Rows, Small, join, split

BESIDE = ("-wal", "-journal")
"""The ends of the names of what SQLite keeps next to a database, and cannot do without."""
SCHEMA = 1
"""In ``PRAGMA user_version``; counts up when an older database cannot be read as the new one."""
_PATIENCE = 1.0
"""Seconds that somebody who looks at the database with a tool of his own is waited for."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""The last: a table or a column is not there."""
_Content = TypeVar("_Content")


class Unusable(Exception):
    """What is there is no database of ours, or a damaged one."""


FAILURES = (OSError, sqlite3.Error, Unusable)
"""Why a database cannot be opened or written."""


class Database:
    """An open one. For one process only, which holds the lock of the state directory, and for one thread."""

    def __init__(self, path: Path) -> None:
        """Open it, made if need be, and look whether it is whole. FAILURES."""
        self._path = path
        self._file = _touch(path)
        self._connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        self._connection.text_factory = bytes
        try:
            with understood():
                self._rows = self._prepare()
        except FAILURES:
            self.close()
            raise

    @property
    def memory(self) -> Memory | None:
        """What was saved; None if nothing ever was."""
        return join(self._rows, boot())

    @property
    def in_place(self) -> bool:
        """Whether the open file still has its name: in one that was removed nothing lasts. OSError."""
        try:
            return _which(self._path.stat()) == self._file
        except FileNotFoundError:
            return False

    def write(self, memory: Memory) -> None:
        """All of it or nothing, and on the disk itself when this returns. sqlite3.Error: close it then."""
        rows = split(memory, boot(), self._rows)
        with self._transaction():
            for table, before, after in zip(Rows._fields, self._rows, rows, strict=True):
                self._update(table, before, after)
        self._rows = rows

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    def _prepare(self) -> Rows:
        execute = self._connection.execute
        # Nothing is shared with other processes: that takes room, which a full disk has not, and a mapped
        # file, whose pages a disk that fails takes away from under us (SIGBUS).
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")
        ((found,),) = execute("PRAGMA quick_check(1)")
        if found != b"ok":
            raise Unusable(found.decode(errors="replace"))
        ((version,),) = execute("PRAGMA user_version")
        ((tables,),) = execute("SELECT count(*) FROM sqlite_schema")
        if version == tables == 0:
            self._create()
            return NONE
        if version != SCHEMA:
            raise Unusable(f"its schema is {version}, ours is {SCHEMA}")
        return Rows(self._read("small", Small), self._read("incident", Incident), self._read("owed", Owed))

    def _create(self) -> None:
        with self._transaction():
            for table in Rows._fields:
                self._connection.execute(
                    f"CREATE TABLE {table} (number INTEGER PRIMARY KEY, content TEXT NOT NULL)"
                )
            self._connection.execute(f"PRAGMA user_version = {SCHEMA}")

    def _read(self, table: str, kind: type[_Content]) -> dict[int, _Content]:
        rows = self._connection.execute(f"SELECT number, content FROM {table} ORDER BY number")  # noqa: S608 - a name of ours
        return {number: msgspec.json.decode(content, type=kind) for number, content in rows}

    def _update(self, table: str, before: Mapping[int, object], after: Mapping[int, object]) -> None:
        gone = [(number,) for number in before if number not in after]
        new = [
            (number, msgspec.json.encode(content).decode())
            for number, content in after.items()
            if before.get(number) != content
        ]
        self._connection.executemany(f"DELETE FROM {table} WHERE number = ?", gone)  # noqa: S608 - likewise
        self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", new)  # noqa: S608 - likewise

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield


def opened(path: Path) -> Database:
    """Open it; what cannot be used is set aside for a new one. FAILURES."""
    try:
        return Database(path)
    except Unusable as error:
        move_aside(path, str(error), *BESIDE)
        return Database(path)


def reason(error: Exception) -> str:
    """In few words, of FAILURES."""
    return str(error.strerror) if isinstance(error, OSError) else str(error)


def _touch(path: Path) -> tuple[int, int]:
    """Make it if it is not there, for nobody else to read (nor what SQLite puts beside it); which it is."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except (IsADirectoryError, PermissionError) as error:
        if path.exists():
            raise Unusable(str(error.strerror)) from None
        raise
    status = os.fstat(descriptor)
    os.close(
        descriptor
    )  # before SQLite opens it: whoever closes a file lets go of all the process's locks on it
    journal = path.with_name(path.name + BESIDE[0])
    if (
        status.st_size == 0 and journal.exists() and journal.stat().st_size
    ):  # SQLite would remove what is in there
        raise Unusable("empty, but its journal is not")
    return _which(status)


def _which(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


@contextmanager
def understood() -> Iterator[None]:
    """What only a database that is not ours, or damaged, can raise is Unusable."""
    try:
        yield
    except UNREADABLE as error:
        raise Unusable(str(error)) from None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _DAMAGED:  # in the other bits is where it was seen
            raise Unusable(str(error)) from None
        raise
