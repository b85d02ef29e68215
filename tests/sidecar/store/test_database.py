"""A database: what it writes, and what it refuses to read."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from sidecar.core.memory import Memory
from sidecar.store.database import SCHEMA, Database, Unusable, opened
from support.memories import INCIDENT, MEMORY, owed
from support.users import another_user


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sidecar.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(Database(path)) as one:
        yield one


def reopened(path: Path) -> Memory | None:
    with closing(Database(path)) as database:
        return database.memory


def sql(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """By a tool of somebody else's; the last one's answer."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def saved(path: Path, memory: Memory = MEMORY) -> None:
    with closing(Database(path)) as database:
        database.write(memory)


def test_what_is_written_comes_back(path: Path) -> None:
    saved(path)
    assert reopened(path) == MEMORY
    assert os.listdir(path.parent) == ["sidecar.db"]  # noqa: PTH208 - names


def test_a_new_one_holds_nothing(path: Path) -> None:
    assert reopened(path) is None
    assert reopened(path) is None


def test_what_is_over_is_gone(path: Path) -> None:
    saved(path)
    saved(path, Memory(seed=2))
    assert reopened(path) == Memory(seed=2)
    assert sql(path, "SELECT count(*) FROM incident UNION ALL SELECT count(*) FROM owed") == [(0,), (0,)]


def test_its_format_is_what_the_manual_says(path: Path) -> None:
    saved(path)
    assert sql(path, "PRAGMA user_version") == [(SCHEMA,)]
    assert sql(path, "PRAGMA journal_mode") == [("wal",)]
    assert sql(path, "SELECT count(*) FROM small") == [(1,)]
    assert sql(path, "SELECT number, content ->> 'topic' FROM incident") == [(1, "disk-low"), (3, "server")]
    channels = [(1, "mail"), (2, "phone"), (3, "mail")]
    assert sql(path, "SELECT number, content ->> 'channel' FROM owed") == channels


def test_each_commit_is_on_the_disk_itself(database: Database) -> None:
    assert database._connection.execute("PRAGMA synchronous").fetchall() == [(2,)]


def test_nobody_else_may_read_it(path: Path, database: Database) -> None:
    database.write(MEMORY)
    modes = {one.name: one.stat().st_mode & 0o777 for one in path.parent.iterdir()}
    assert modes == {"sidecar.db": 0o600, "sidecar.db-wal": 0o600}


@pytest.mark.parametrize(
    ("after", "rows"),
    [
        (lambda memory: memory, 0),
        (lambda memory: msgspec.structs.replace(memory, failures=3), 1),
        (lambda memory: msgspec.structs.replace(memory, owed=memory.owed[1:]), 1),
        (lambda memory: msgspec.structs.replace(memory, owed=(*memory.owed, owed(5000))), 1),
        (lambda memory: msgspec.structs.replace(memory, owed=(owed(0, attempts=1), *memory.owed[1:])), 1),
        (lambda memory: msgspec.structs.replace(memory, incidents={"server": INCIDENT}), 1),
        (lambda memory: msgspec.structs.replace(memory, failures=3, owed=memory.owed[:-2]), 3),
    ],
)
def test_only_what_changed_is_written(path: Path, after: Callable[[Memory], Memory], rows: int) -> None:
    memory = msgspec.structs.replace(MEMORY, owed=tuple(owed(number) for number in range(1000)))
    saved(path, memory)
    with closing(Database(path)) as database:
        for _ in range(2):
            before = database._connection.total_changes
            database.write(after(memory))
            assert database._connection.total_changes - before == rows
            rows = 0
    assert reopened(path) == after(memory)


def test_a_write_that_fails_leaves_what_was_there(path: Path, database: Database) -> None:
    database.write(MEMORY)
    refuse = "BEGIN SELECT RAISE(ABORT, 'refused'); END"
    database._connection.execute(f"CREATE TRIGGER refuse BEFORE INSERT ON owed {refuse}")
    with pytest.raises(sqlite3.IntegrityError):
        database.write(msgspec.structs.replace(MEMORY, seed=4, owed=(*MEMORY.owed, owed(9))))
    database.close()
    assert reopened(path) == MEMORY


def test_it_is_in_place_until_it_is_removed_or_replaced(path: Path, database: Database) -> None:
    assert database.in_place
    path.rename(path.with_name("elsewhere"))
    assert not database.in_place
    path.touch()
    assert not database.in_place


def test_a_directory_that_is_not_ours_is_no_damage() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)  # noqa: PTH101, S103
        with another_user(), pytest.raises(PermissionError):
            opened(Path(name) / "sidecar.db")


def damage(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda path: path.write_bytes(b"garbage " * 1000), "file is not a database"),
    (lambda path: path.write_text('{"schema":1,"memory":{"seed":1}}'), "file is not a database"),
    (lambda path: os.truncate(path, 100), "database disk image is malformed"),
    (lambda path: os.truncate(path, path.stat().st_size - 4096), "malformed"),
    (lambda path: damage(path, 4096, b"\xff" * 4096), "btree|Tree"),
    (lambda path: sql(path, "PRAGMA user_version = 2"), "its schema is 2, ours is 1"),
    (lambda path: sql(path, "PRAGMA user_version = 0"), "its schema is 0, ours is 1"),
    (lambda path: sql(path, "DROP TABLE owed"), "no such table: owed"),
    (lambda path: sql(path, "ALTER TABLE owed RENAME content TO text"), "no such column: content"),
    (lambda path: sql(path, "UPDATE small SET content = '{'"), "truncated"),
    (lambda path: sql(path, 'UPDATE small SET content = \'{"boot":"","memory":{}}\''), "missing required"),
    (lambda path: sql(path, "UPDATE owed SET content = CAST(x'22ff22' AS TEXT)"), "Expected `object`"),
    (lambda path: (path.unlink(), path.mkdir()), "Is a directory"),
]


@pytest.mark.parametrize(("harm", "why"), DAMAGES)
def test_what_is_damaged_or_not_ours_is_refused(path: Path, harm: Callable[[Path], object], why: str) -> None:
    saved(path)
    harm(path)
    with pytest.raises(Unusable, match=why):
        Database(path)


@pytest.mark.parametrize("harm", [harm for harm, _ in DAMAGES])
def test_it_is_set_aside_for_a_new_one(path: Path, harm: Callable[[Path], object]) -> None:
    for number in (1, 2):
        saved(path)
        harm(path)
        content = None if path.is_dir() else path.read_bytes()
        with closing(opened(path)) as database:
            assert database.memory is None
            database.write(MEMORY)
        aside = path.with_name(f"sidecar.db.corrupt-{number}")
        assert aside.is_dir() if content is None else aside.read_bytes() == content
        assert reopened(path) == MEMORY


def test_its_journal_goes_with_it(path: Path) -> None:
    wal = path.with_name("sidecar.db-wal")
    wal.write_bytes(b"what a kill left")
    path.touch()
    with capture_logs() as lines:
        opened(path).close()
    assert path.with_name("sidecar.db.corrupt-1-wal").read_bytes() == b"what a kill left"
    assert lines == [
        {
            "event": "unusable file set aside",
            "file": str(path),
            "why": "empty, but its journal is not",
            "now": f"{path}.corrupt-1",
            "log_level": "warning",
        }
    ]
    path.write_bytes(b"")
    wal.write_bytes(b"")
    assert reopened(path) is None


def test_what_a_kill_left_of_the_making_of_one_is_a_new_one(path: Path) -> None:
    path.touch()
    assert reopened(path) is None
    path.unlink()
    sql(path, "PRAGMA journal_mode = WAL")
    assert reopened(path) is None


def test_one_that_is_open_elsewhere_is_not_touched(path: Path) -> None:
    saved(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("SELECT count(*) FROM owed").fetchall()
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            opened(path)
    assert reopened(path) == MEMORY
