"""When a sidecar was last alive, as its files tell."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from sidecar.core.memory import Memory
from sidecar.store.alive import last_alive
from sidecar.store.database import Database


def aged(path: Path, wall: float) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    os.utime(path, (wall, wall))


def alive(directory: Path) -> float | None:
    return last_alive(directory, directory / "recording")


def test_without_any_file_nothing_tells(tmp_path: Path) -> None:
    assert alive(tmp_path) is None


def test_what_was_written_last_tells_and_other_files_do_not(tmp_path: Path) -> None:
    aged(tmp_path / "sidecar.db", 1000.0)
    assert alive(tmp_path) == 1000.0
    aged(tmp_path / "recording" / "000009.jsonl.gz", 4000.0)  # packed when the next was begun, or copied
    aged(tmp_path / "recording" / "000010.jsonl", 3000.0)
    aged(tmp_path / "recording" / "notes", 9000.0)
    assert alive(tmp_path) == 3000.0
    aged(tmp_path / "sidecar.db", 3500.0)
    assert alive(tmp_path) == 3500.0


@pytest.mark.parametrize("name", ["sidecar.db-wal", "sidecar.db-journal", "memory.json"])
def test_a_save_is_beside_the_database_first_and_was_once_a_file_of_its_own(
    tmp_path: Path, name: str
) -> None:
    aged(tmp_path / "sidecar.db", 1000.0)
    aged(tmp_path / name, 2000.0)
    assert alive(tmp_path) == 2000.0


def test_a_real_memory_tells_when_it_was_saved_last(tmp_path: Path) -> None:
    path = tmp_path / "sidecar.db"
    with closing(Database(path)) as database:
        os.utime(path, (1000.0, 1000.0))
        before = time.time()
        database.write(Memory(seed=6))
        found = alive(tmp_path)
        assert found is not None
        assert before - 1.0 <= found <= time.time() + 1.0


def test_an_empty_recording_is_none(tmp_path: Path) -> None:
    (tmp_path / "recording").mkdir()
    assert alive(tmp_path) is None
