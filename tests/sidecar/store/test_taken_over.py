"""What an earlier version saved, before there was a database, is taken over once."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from sidecar.store.boot import boot
from sidecar.store.database import Database
from sidecar.store.remembered import load
from support.disks import Disk, small_disk
from support.memories import MEMORY


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def old(directory: Path, **fields: object) -> str:
    """As an earlier version did, by default in this boot."""
    content = json.dumps({"schema": 1, "memory": msgspec.to_builtins(MEMORY), "boot": boot(), **fields})
    (directory / "memory.json").write_text(content)
    return content


def test_it_is_taken_over_once(tmp_path: Path) -> None:
    content = old(tmp_path)
    for _ in range(2):
        assert load(tmp_path) == MEMORY
        assert names(tmp_path) == ["memory.json.taken-over", "sidecar.db"]
    assert (tmp_path / "memory.json.taken-over").read_text() == content


def test_who_ran_before_a_reboot_is_not_taken_over(tmp_path: Path) -> None:
    old(tmp_path, boot="another")
    assert load(tmp_path) == msgspec.structs.replace(MEMORY, identity=None)
    assert load(tmp_path) == msgspec.structs.replace(MEMORY, identity=None)


def test_an_earlier_version_that_knew_of_no_boots(tmp_path: Path) -> None:
    old(tmp_path, boot="")
    assert load(tmp_path) == MEMORY


def test_what_the_database_has_is_newer(tmp_path: Path) -> None:
    """A kill came between the saving and the renaming."""
    with closing(Database(tmp_path / "sidecar.db")) as database:
        database.write(MEMORY)
    old(tmp_path, memory={"seed": 99})
    assert load(tmp_path) == MEMORY
    assert names(tmp_path) == ["memory.json.taken-over", "sidecar.db"]


def full(disk: Disk) -> None:
    disk.fill()


def read_only(disk: Disk) -> None:
    disk.make("ro")


@pytest.mark.parametrize(
    ("lack", "why"), [(full, "database or disk is full"), (read_only, "Read-only file system")]
)
def test_it_is_remembered_though_it_cannot_be_taken_over_yet(
    tmp_path: Path, lack: Callable[[Disk], None], why: str
) -> None:
    with small_disk(tmp_path / "state") as disk:
        old(disk.path)
        lack(disk)
        with capture_logs() as lines:
            assert load(disk.path) == MEMORY
            assert load(disk.path) == MEMORY
        assert "memory.json" in names(disk.path)
    file = str(tmp_path / "state" / "memory.json")
    said = {"event": "earlier memory not taken over yet", "file": file, "why": why, "log_level": "warning"}
    assert [line for line in lines if line["event"] == said["event"]] == [said, said]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"schema":1,"memory":{"seed":1,"identity":"\xff"}}',
        b"[]",
        b'{"memory":{"seed":1}}',
        b'{"schema":99,"memory":{"seed":1}}',
        b'{"schema":1,"memory":{"seed":"one"}}',
        b'{"x":' + b"[" * 100_000,
    ],
)
def test_what_cannot_be_understood_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memory.json"
    for number in (1, 2):
        path.write_bytes(content)
        assert load(tmp_path) is None
        assert not path.exists()
        assert (tmp_path / f"memory.json.corrupt-{number}").read_bytes() == content
