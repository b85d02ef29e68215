"""When a sidecar was last alive, as its files tell."""

from __future__ import annotations

import os
from pathlib import Path

from sidecar.store.alive import last_alive


def aged(path: Path, wall: float) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    os.utime(path, (wall, wall))


def alive(directory: Path) -> float | None:
    return last_alive(directory / "memory.json", directory / "recording")


def test_without_any_file_nothing_tells(tmp_path: Path) -> None:
    assert alive(tmp_path) is None


def test_what_was_written_last_tells_and_other_files_do_not(tmp_path: Path) -> None:
    aged(tmp_path / "memory.json", 1000.0)
    assert alive(tmp_path) == 1000.0
    aged(tmp_path / "recording" / "000009.jsonl.gz", 4000.0)  # packed when the next was begun, or copied
    aged(tmp_path / "recording" / "000010.jsonl", 3000.0)
    aged(tmp_path / "recording" / "notes", 9000.0)
    assert alive(tmp_path) == 3000.0
    aged(tmp_path / "memory.json", 3500.0)
    assert alive(tmp_path) == 3500.0


def test_an_empty_recording_is_none(tmp_path: Path) -> None:
    (tmp_path / "recording").mkdir()
    assert alive(tmp_path) is None
