"""What is saved is reported, and what could not be saved is saved later."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sidecar.core.actions import Save
from sidecar.core.memory import Memory
from sidecar.core.observations import Observation, Saved, SaveFailed
from sidecar.store.database import Database
from sidecar.store.saver import Saver
from support.disks import Disk, small_disk
from support.memories import MEMORY
from support.reports import Reports


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "state") as one:
        yield one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sidecar.db"


@pytest.fixture
async def saver(path: Path, reports: Reports) -> AsyncIterator[Saver]:
    one = Saver(path, reports)
    yield one
    await one.close()


def on_disk(path: Path) -> Memory | None:
    with closing(Database(path)) as database:
        return database.memory


def remove(path: Path) -> None:
    path.unlink()


def damage(path: Path) -> None:
    path.write_bytes(b"garbage " * 1000)


async def said(saver: Saver, reports: Reports, revision: int, memory: Memory = MEMORY) -> Observation:
    """What is reported of a save."""
    saver.save(Save(revision, memory))
    return await reports.until(Observation, revision)


async def test_what_is_saved_comes_back(path: Path, saver: Saver, reports: Reports) -> None:
    saver.save(Save(1, MEMORY))
    await saver.close()
    assert reports.all == [Saved(1)]
    assert on_disk(path) == MEMORY
    assert [one.name for one in path.parent.iterdir()] == ["sidecar.db"]


async def test_of_those_that_wait_only_the_newest_is_written(
    path: Path, saver: Saver, reports: Reports
) -> None:
    for revision in range(1, 6):
        saver.save(Save(revision, Memory(seed=revision)))
    await saver.close()
    assert reports.all == [Saved(1), Saved(5)]
    assert on_disk(path) == Memory(seed=5)


async def test_a_save_from_within_the_report_of_one(path: Path, saver: Saver, reports: Reports) -> None:
    reports.react = lambda what: saver.save(Save(2, Memory(seed=2))) if what == Saved(1) else None
    saver.save(Save(1, Memory(seed=1)))
    await reports.until(Saved, revision=2)
    await saver.close()
    assert on_disk(path) == Memory(seed=2)


async def test_one_that_closed_can_save_again(path: Path, saver: Saver, reports: Reports) -> None:
    await said(saver, reports, 1)
    await saver.close()
    assert await said(saver, reports, 2, Memory(seed=2)) == Saved(2)
    await saver.close()
    assert on_disk(path) == Memory(seed=2)


async def test_a_full_disk_is_said_and_when_there_is_room_it_is_saved(disk: Disk, reports: Reports) -> None:
    path = disk.path / "sidecar.db"
    disk.fill()
    saver = Saver(path, reports)
    assert await said(saver, reports, 1) == SaveFailed(1, f"{path}: database or disk is full")
    assert await said(saver, reports, 2) == SaveFailed(2, f"{path}: database or disk is full")
    disk.free()
    assert await said(saver, reports, 3) == Saved(3)
    await saver.close()
    assert on_disk(path) == MEMORY


async def test_a_disk_that_gets_full_keeps_what_it_has(disk: Disk, reports: Reports) -> None:
    path = disk.path / "sidecar.db"
    saver = Saver(path, reports)
    assert await said(saver, reports, 1) == Saved(1)
    disk.fill()
    long = Memory(seed=2, owed=MEMORY.owed * 1000)
    assert await said(saver, reports, 2, long) == SaveFailed(2, f"{path}: database or disk is full")
    assert on_disk(path) == MEMORY
    disk.free()
    assert await said(saver, reports, 3, Memory(seed=3)) == Saved(3)
    await saver.close()
    assert on_disk(path) == Memory(seed=3)


async def test_a_disk_that_becomes_read_only_for_a_while(disk: Disk, reports: Reports) -> None:
    path = disk.path / "sidecar.db"
    saver = Saver(path, reports)
    assert await said(saver, reports, 1) == Saved(1)
    await saver.close()
    disk.make("ro")
    assert await said(saver, reports, 2) == SaveFailed(2, f"{path}: Read-only file system")
    disk.make("rw")
    assert await said(saver, reports, 3) == Saved(3)
    await saver.close()


async def test_the_log_has_one_line_for_the_first_save_that_fails_and_one_for_the_first_that_works(
    path: Path, saver: Saver, reports: Reports
) -> None:
    directory = path.parent
    with capture_logs() as lines:
        await said(saver, reports, 1)
        directory.rename(directory.with_name("elsewhere"))
        assert await said(saver, reports, 2) == SaveFailed(2, f"{path}: No such file or directory")
        await said(saver, reports, 3)
        directory.with_name("elsewhere").rename(directory)
        await said(saver, reports, 4)
        await said(saver, reports, 5)
    assert lines == [
        {
            "event": "memory not saved, trying again",
            "file": str(path),
            "why": "No such file or directory",
            "log_level": "warning",
        },
        {"event": "memory saved again", "file": str(path), "log_level": "info"},
    ]


async def test_one_that_was_removed_meanwhile_is_made_anew(
    path: Path, saver: Saver, reports: Reports
) -> None:
    await said(saver, reports, 1)
    remove(path)
    assert await said(saver, reports, 2, Memory(seed=2)) == Saved(2)
    await saver.close()
    assert on_disk(path) == Memory(seed=2)


async def test_one_that_is_damaged_meanwhile_is_set_aside(path: Path, saver: Saver, reports: Reports) -> None:
    await said(saver, reports, 1)
    await saver.close()
    damage(path)
    assert await said(saver, reports, 2) == Saved(2)
    await saver.close()
    assert on_disk(path) == MEMORY
    assert path.with_name("sidecar.db.corrupt-1").read_bytes() == b"garbage " * 1000


async def test_one_that_cannot_be_set_aside_is_said_once(disk: Disk, reports: Reports) -> None:
    path = disk.path / "sidecar.db"
    path.mkdir()
    disk.make("ro")
    with capture_logs() as lines:
        saver = Saver(path, reports)
        assert await said(saver, reports, 1) == SaveFailed(1, f"{path}: Read-only file system")
        await said(saver, reports, 2)
        await saver.close()
    assert [line["event"] for line in lines] == ["memory not saved, trying again"]


async def test_a_disk_that_hangs_does_not_hold_up_the_end(path: Path, saver: Saver, reports: Reports) -> None:
    await said(saver, reports, 1)
    await saver.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")  # it is waited for
        saver.save(Save(2, Memory(seed=2)))
        await saver.close(patience=0.05)
        assert reports.all == [Saved(1)]
        assert await reports.until(SaveFailed) == SaveFailed(2, f"{path}: database is locked")
    assert await said(saver, reports, 3) == Saved(3)


async def test_the_event_loop_never_waits_for_the_disk(saver: Saver, reports: Reports) -> None:
    await said(saver, reports, 1)
    assert saver._database is not None
    with pytest.raises(sqlite3.ProgrammingError, match="can only be used in that same thread"):
        saver._database.write(MEMORY)
    assert "save" in {thread.name for thread in threading.enumerate()}
