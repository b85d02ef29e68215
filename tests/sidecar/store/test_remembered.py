"""What an earlier sidecar saved is found, on whatever disk."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from sidecar.store.database import Database
from sidecar.store.remembered import load
from support.disks import small_disk
from support.hidden import printed
from support.memories import MEMORY
from support.users import another_user

ANOTHER = "UPDATE small SET content = json_set(content, '$.boot', 'another')"
KILLED = """
import os, signal, sys
from pathlib import Path
from sidecar.store.database import Database
from support.memories import MEMORY
Database(Path(sys.argv[1])).write(MEMORY)
os.kill(os.getpid(), signal.SIGKILL)
"""


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def save(directory: Path) -> None:
    with closing(Database(directory / "sidecar.db")) as database:
        database.write(MEMORY)


def killed(directory: Path) -> None:
    """Saved by one that was killed just then: all of it is in the journal."""
    tests = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", KILLED, str(directory / "sidecar.db")]
    subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": tests})
    assert names(directory) == ["sidecar.db", "sidecar.db-wal"]


def test_nothing_saved_is_nothing_remembered(tmp_path: Path) -> None:
    assert load(tmp_path) is None
    assert names(tmp_path) == []


@pytest.mark.parametrize("left", [save, killed])
def test_what_was_saved_is_remembered(tmp_path: Path, left: Callable[[Path], None]) -> None:
    left(tmp_path)
    for _ in range(2):
        assert load(tmp_path) == MEMORY
        assert names(tmp_path) == ["sidecar.db"]


@pytest.mark.parametrize("left", [save, killed])
def test_also_of_a_full_disk(tmp_path: Path, left: Callable[[Path], None]) -> None:
    with small_disk(tmp_path / "state") as disk:
        left(disk.path)
        disk.fill()
        assert load(disk.path) == MEMORY


@pytest.mark.parametrize("left", [save, killed])
def test_also_of_a_disk_that_is_read_only(tmp_path: Path, left: Callable[[Path], None]) -> None:
    with small_disk(tmp_path / "state") as disk:
        left(disk.path)
        before = names(disk.path)
        disk.make("ro")
        assert load(disk.path) == MEMORY
        assert names(disk.path) == before


def test_also_while_somebody_looks_at_it(tmp_path: Path) -> None:
    save(tmp_path)
    with closing(sqlite3.connect(tmp_path / "sidecar.db")) as other:
        other.execute("SELECT count(*) FROM owed").fetchall()
        assert load(tmp_path) == MEMORY


def test_what_is_damaged_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "sidecar.db").write_bytes(b"garbage " * 1000)
    assert load(tmp_path) is None
    assert load(tmp_path) is None
    assert names(tmp_path) == ["sidecar.db", "sidecar.db.corrupt-1"]


def test_what_is_damaged_on_a_disk_that_is_read_only_is_said(tmp_path: Path) -> None:
    with small_disk(tmp_path / "state") as disk:
        path = disk.path / "sidecar.db"
        path.write_bytes(b"garbage " * 1000)
        disk.make("ro")
        with capture_logs() as lines:
            assert load(disk.path) is None
    assert lines == [
        {
            "event": "memory not read",
            "file": str(path),
            "why": "file is not a database",
            "log_level": "warning",
        }
    ]


def test_what_cannot_be_read_at_all_is_set_aside_too(tmp_path: Path) -> None:
    (tmp_path / "memory.json").mkdir()
    (tmp_path / "sidecar.db").mkdir()
    assert load(tmp_path) is None
    assert names(tmp_path) == ["memory.json.corrupt-1", "sidecar.db", "sidecar.db.corrupt-1"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody knows of a reboot")
def test_who_ran_before_a_reboot_is_nobody_after_it(tmp_path: Path) -> None:
    save(tmp_path)
    with closing(sqlite3.connect(tmp_path / "sidecar.db", isolation_level=None)) as other:
        other.execute(ANOTHER)
    assert load(tmp_path) == msgspec.structs.replace(MEMORY, identity=None)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory in which anybody may do anything; pytest's own are root's alone."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)  # noqa: PTH101, S103
        yield Path(name)


def test_one_that_another_user_left_is_set_aside(shared: Path) -> None:
    save(shared)
    with another_user():
        assert load(shared) is None
    assert names(shared) == ["sidecar.db", "sidecar.db.corrupt-1"]


REBOOT = """
import sqlite3, sys
from pathlib import Path
from sidecar.core.memory import Memory
from sidecar.core.nouns import Identity
from sidecar.store.database import Database
from sidecar.store.remembered import load

directory, memory = Path(sys.argv[1]), Memory(seed=1, identity=Identity(7, 9))
database = Database(directory / "sidecar.db")
database.write(memory)
database.close()
print("same:", load(directory) == memory)
connection = sqlite3.connect(directory / "sidecar.db", isolation_level=None)
connection.execute(sys.argv[2])
connection.close()
print("another:", load(directory).identity)
"""


def test_a_reboot_is_known_also_where_proc_hides_the_first_process(shared: Path) -> None:
    said = printed(REBOOT, 2, shared, ANOTHER)
    assert said == {"same": "True", "another": "None"}
