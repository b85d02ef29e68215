"""What is saved comes back, and what cannot be read is set aside."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from fermatkit.measures import Unknown
from sidecar.core.actions import Save
from sidecar.core.memory import Memory
from sidecar.core.nouns import (
    SERVER,
    Cause,
    Chapter,
    Deed,
    Done,
    Ended,
    Identity,
    Incident,
    Message,
    Owed,
    Sign,
    Trouble,
)
from sidecar.core.observations import Observation, Saved, SaveFailed
from sidecar.store.snapshot import Saver, _write, load
from support.hidden import printed
from support.reports import Reports

INCIDENT = Incident(
    3,
    SERVER,
    1.25,
    (Cause(Trouble.HUNG, 1.0, 7, (Sign.PONG, Sign.HTTP), "no pong", Ended(signal=9), Unknown("why")),),
    (Done(Deed.KILLED, 2.0, 7, until=9.5),),
    clients=17.0,
)
MEMORY = Memory(
    seed=3,
    identity=Identity(7, 2**40),
    restarts=(1.5, 2.5),
    failures=2,
    next_number=4,
    incidents={SERVER: INCIDENT},
    owed=(Owed(Message("3-opened", Chapter.OPENED, INCIDENT), "mail", 1, "refused"),),
)


def names(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


async def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    reports = Reports()
    saver = Saver(tmp_path / "memory.json", reports)
    saver.save(Save(1, MEMORY))
    await saver.close()
    assert reports.all == [Saved(1)]
    assert load(tmp_path / "memory.json") == MEMORY
    assert names(tmp_path) == ["memory.json"]


async def test_of_those_that_wait_only_the_newest_is_written(tmp_path: Path) -> None:
    reports = Reports()
    saver = Saver(tmp_path / "memory.json", reports)
    for revision in range(1, 6):
        saver.save(Save(revision, Memory(seed=revision)))
    await saver.close()
    assert reports.all == [Saved(1), Saved(5)]
    assert load(tmp_path / "memory.json") == Memory(seed=5)


async def test_a_save_from_within_the_report_of_one(tmp_path: Path) -> None:
    reports = Reports()
    saver = Saver(tmp_path / "memory.json", reports)
    reports.react = lambda what: saver.save(Save(2, Memory(seed=2))) if what == Saved(1) else None
    saver.save(Save(1, Memory(seed=1)))
    await reports.until(Saved, revision=2)
    await saver.close()
    assert load(tmp_path / "memory.json") == Memory(seed=2)


async def test_a_disk_that_fails_is_said_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    reports = Reports()
    saver = Saver(path, reports)
    saver.save(Save(1, MEMORY))
    await reports.until(Saved, revision=1)
    (tmp_path / "memory.json.new").mkdir()  # a directory in the way, for root may write anywhere
    saver.save(Save(2, Memory(seed=2)))
    assert (await reports.until(SaveFailed)).why.endswith("memory.json: Is a directory")
    (tmp_path / "memory.json.new").rmdir()
    assert load(path) == MEMORY
    saver.save(Save(3, Memory(seed=3)))
    await saver.close()
    assert reports.all[-1] == Saved(3)


async def test_the_log_has_one_line_for_the_first_save_that_fails_and_one_for_the_first_that_works(
    tmp_path: Path,
) -> None:
    reports = Reports()
    saver = Saver(tmp_path / "memory.json", reports)

    async def saves(revision: int) -> None:
        saver.save(Save(revision, MEMORY))
        await reports.until(Observation, revision)

    with capture_logs() as lines:
        await saves(1)
        (tmp_path / "memory.json.new").mkdir()
        await saves(2)
        await saves(3)
        (tmp_path / "memory.json.new").rmdir()
        await saves(4)
        await saves(5)
    path = str(tmp_path / "memory.json")
    assert lines == [
        {
            "event": "memory not saved, trying again",
            "file": path,
            "why": "Is a directory",
            "log_level": "warning",
        },
        {"event": "memory saved again", "file": path, "log_level": "info"},
    ]


async def test_a_full_disk_fails_the_save_and_gets_no_half_file(tmp_path: Path) -> None:
    path = Path("/dev/full")  # every write to it fails like a full disk
    reports = Reports()
    (tmp_path / "memory.json.new").symlink_to(path)
    saver = Saver(tmp_path / "memory.json", reports)
    saver.save(Save(1, MEMORY))
    await saver.close()
    assert reports.all == [SaveFailed(1, f"{tmp_path}/memory.json: No space left on device")]
    assert names(tmp_path) == []


async def test_a_disk_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    disk = tmp_path / "memory.json.new"
    os.mkfifo(disk)  # to open it for writing takes until somebody reads
    reports = Reports()
    saver = Saver(tmp_path / "memory.json", reports)
    saver.save(Save(1, MEMORY))
    await saver.close(patience=0.05)
    assert reports.all == []
    reader = os.open(disk, os.O_RDONLY | os.O_NONBLOCK)
    await reports.until(SaveFailed)
    os.close(reader)


def test_nothing_saved_is_nothing_remembered(tmp_path: Path) -> None:
    assert load(tmp_path / "memory.json") is None
    assert names(tmp_path) == []


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
        assert load(path) is None
        assert not path.exists()
        assert (tmp_path / f"memory.json.corrupt-{number}").read_bytes() == content


def test_what_cannot_be_read_at_all_is_set_aside_too(tmp_path: Path) -> None:
    (tmp_path / "memory.json").mkdir()
    assert load(tmp_path / "memory.json") is None
    assert (tmp_path / "memory.json.corrupt-1").is_dir()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody knows of a reboot")
def test_who_ran_before_a_reboot_is_nobody_after_it(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    _write(path, MEMORY)
    saved = path.read_text()
    assert load(path) == MEMORY
    path.write_text(re.sub('"boot":"[^"]+"', '"boot":"another"', saved))
    assert load(path) == msgspec.structs.replace(MEMORY, identity=None)


REBOOT = """
import re
import sys
from pathlib import Path
from sidecar.core.memory import Memory
from sidecar.core.nouns import Identity
from sidecar.store.snapshot import _write, load

path, memory = Path(sys.argv[1]), Memory(seed=1, identity=Identity(7, 9))
_write(path, memory)
print("same:", load(path) == memory)
path.write_text(re.sub('"boot":"[^"]+"', '"boot":"another"', path.read_text()))
print("another:", load(path).identity)
"""


def test_a_reboot_is_known_also_where_proc_hides_the_first_process() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)  # noqa: PTH101, S103
        said = printed(REBOOT, 2, Path(name) / "memory.json")
    assert said == {"same": "True", "another": "None"}
