"""What is saved comes back, and what cannot be read is set aside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fermatkit.errors import UserError
from sidecar.core.actions import Save
from sidecar.core.memory import Memory
from sidecar.core.nouns import Identity
from sidecar.core.observations import Observation, Saved, SaveFailed
from sidecar.store.keys import load_keys
from sidecar.store.lock import InstanceLock
from sidecar.store.snapshot import Saver, load

MEMORY = Memory(seed=3, identity=Identity(7, 1), restarts=(1.5, 2.5), failures=2)


async def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    told: list[Observation] = []
    saver = Saver(tmp_path / "memory.json", told.append)
    saver.save(Save(1, MEMORY))
    assert await saver.flush(5)
    assert told == [Saved(1)]
    assert load(tmp_path / "memory.json") == MEMORY


async def test_of_those_that_wait_only_the_newest_is_written(tmp_path: Path) -> None:
    told: list[Observation] = []
    saver = Saver(tmp_path / "memory.json", told.append)
    for revision in range(1, 5):
        saver.save(Save(revision, Memory(seed=revision)))
    assert await saver.flush(5)
    assert told == [Saved(4)]
    assert load(tmp_path / "memory.json") == Memory(seed=4)


async def test_a_disk_that_fails_is_said_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    told: list[Observation] = []
    (tmp_path / "memory.json.new").mkdir()  # a directory in the way, for root may write anywhere
    saver = Saver(path, told.append)
    saver.save(Save(1, MEMORY))
    assert await saver.flush(5)
    assert told == [SaveFailed(1, "Is a directory")]
    assert load(path) is None


def test_nothing_saved_is_nothing_remembered(tmp_path: Path) -> None:
    assert load(tmp_path / "memory.json") is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"schema":99,"memory":{"seed":1}}'])
def test_what_cannot_be_understood_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memory.json"
    for number in (1, 2):
        path.write_bytes(content)
        assert load(path) is None
        assert (tmp_path / f"memory.json.corrupt-{number}").read_bytes() == content


def test_a_file_that_cannot_be_read_is_no_empty_memory(tmp_path: Path) -> None:
    (tmp_path / "memory.json").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        load(tmp_path / "memory.json")


def test_the_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "probe-keys.json"
    keys = load_keys(path)
    assert load_keys(path) == keys
    assert keys.temporary != keys.permanent
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"nonsense")
    assert load_keys(path) != keys


def test_a_second_sidecar_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "sidecar.lock"
    code = (
        "import sys, time; from pathlib import Path; from sidecar.store.lock import InstanceLock\n"
        "with InstanceLock(Path(sys.argv[1])): print('in', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.readline()
        with pytest.raises(UserError, match=rf"another sidecar \(pid {first.pid}\)"), InstanceLock(path):
            pass
        first.send_signal(signal.SIGKILL)
    with InstanceLock(path):
        assert path.read_text() == f"{os.getpid()}\n"
