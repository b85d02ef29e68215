"""``history.db``: what is in it, and how it is opened.

A rollback journal, and no WAL: others read while this is written, and for that a WAL needs a mapped file,
whose pages a disk that fails or is full takes away from under us (SIGBUS), and the watching with them.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sidecar.store.database import Unusable, understood
from sidecar.store.history.levels import SERIES

HISTORY = "history.db"
"""In the state directory."""
PATIENCE = 5.0
"""Seconds that somebody who reads or writes is waited for."""
MIGRATIONS = (
    """
    CREATE TABLE series (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE second (at INTEGER PRIMARY KEY, content BLOB NOT NULL);
    CREATE TABLE minute (at INTEGER PRIMARY KEY, content BLOB NOT NULL);
    CREATE TABLE ten_minutes (at INTEGER PRIMARY KEY, content BLOB NOT NULL);
    CREATE TABLE incident (number INTEGER, opened REAL, topic TEXT NOT NULL, closed REAL,
      severity TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (number, opened)) WITHOUT ROWID;
    CREATE TABLE start (at REAL NOT NULL, boot TEXT, pid INTEGER, started INTEGER, adopted INTEGER NOT NULL,
      cause TEXT, PRIMARY KEY (boot, pid, started)) WITHOUT ROWID;
    """,
)
"""What makes each version of the one before, the first of an empty file; ``PRAGMA user_version``."""


def opened(path: Path, *, check: bool) -> sqlite3.Connection:
    """A connection to write by, the file made if need be; `check` whether all of it is whole. FAILURES."""
    if path.is_dir():
        raise Unusable("Is a directory")
    with suppress(
        FileExistsError
    ):  # never opened by us where it is there: to close it would end SQLite's locks
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        with understood():
            _prepare(connection, check=check)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, *, check: bool) -> None:
    connection.execute("PRAGMA page_size = 8192")  # smaller ones have room for two rows and waste it
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -128")
    if check:
        ((found,),) = connection.execute("PRAGMA quick_check(1)")
        if found != "ok":
            raise Unusable(found)
    migrate(connection, MIGRATIONS)


def migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Make it the newest version, each step all or nothing. Unusable if it is newer, or not ours."""
    version = version_of(connection)
    ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_schema")
    if version > len(migrations) or (version == 0 and tables):
        raise Unusable(f"its schema is {version}, ours is {len(migrations)}")
    for number, script in enumerate(migrations[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT")


def version_of(connection: sqlite3.Connection) -> int:
    """Of what schema it is; 0 of an empty one."""
    ((version,),) = connection.execute("PRAGMA user_version")
    return int(version)


def numbers(connection: sqlite3.Connection) -> dict[str, int]:
    """What each series is called in this file; one that is new gets the next number."""
    connection.executemany("INSERT OR IGNORE INTO series (name) VALUES (?)", [(name,) for name in SERIES])
    return dict(connection.execute("SELECT name, number FROM series"))
