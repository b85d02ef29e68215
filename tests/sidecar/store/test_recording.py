"""The recorder over real files: bounded, torn, on a full disk; and what reads them."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from fermatkit.errors import UserError
from sidecar.core.observations import StartFailed
from sidecar.core.replay import Opening, Step, TakenUp, replay
from sidecar.store.recorded import numbered, read
from support.recorded_life import POLICY, Life


def folded(path: Path) -> list[TakenUp | Step]:
    return list(replay(read(path, pytest.fail)))


def size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.iterdir())


def actions(path: Path) -> list[object]:
    return [one.actions for one in folded(path) if isinstance(one, Step)]


async def test_each_file_alone_and_all_together_replay_to_the_same(tmp_path: Path) -> None:
    life = Life(tmp_path, file_size=2000)
    for _ in range(8):
        life.sees_much(5)
        await life.written()
    await life.recorder.close()
    files = numbered(tmp_path)
    assert len(files) > 3
    assert [path.suffix for path in files] == [".gz"] * (len(files) - 1) + [".jsonl"]
    assert actions(tmp_path) == life.actions
    assert [one for path in files for one in actions(path)] == life.actions


async def test_all_files_together_stay_below_the_total_and_the_oldest_go(tmp_path: Path) -> None:
    life = Life(tmp_path, file_size=4000, total=24_000)
    for _ in range(300):
        life.sees_much(10)
        await life.written()
        assert size(tmp_path) <= 24_000 + 6_000  # and one batch
    await life.recorder.close()
    assert not (tmp_path / "000001.jsonl.gz").exists()
    taken, *_ = folded(tmp_path)
    assert isinstance(taken, TakenUp)
    assert taken.lost > 0
    again = actions(tmp_path)
    assert again == life.actions[len(life.actions) - len(again) :]


async def test_a_new_life_goes_on_in_a_new_file_and_packs_what_a_killed_one_left(tmp_path: Path) -> None:
    for _ in range(2):
        life = Life(tmp_path)
        life.sees_much(3)
        await life.recorder.close()
    assert [path.name for path in numbered(tmp_path)] == ["000001.jsonl.gz", "000002.jsonl"]
    assert [one.lost for one in folded(tmp_path) if isinstance(one, TakenUp)] == [0, 0]


async def test_what_kill_9_tears_off_is_left_out_and_said(tmp_path: Path) -> None:
    life = Life(tmp_path)
    life.sees_much(3)
    await life.recorder.close()
    file = tmp_path / "000001.jsonl"
    whole = file.read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        notes: list[str] = []
        complete = [end for end in ends if end <= size]
        assert len(list(read(file, notes.append))) == len(complete)
        assert len(notes) == (0 if size in ends else 1)


FULL = """
import asyncio, json, resource, signal, sys
from pathlib import Path
from sidecar.core.observations import Absent, Restored, Ticked
from sidecar.store.recording import _WAITING
from support.recorded_life import POLICY, Life

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
    life = Life(Path(sys.argv[1]))
    life.sees(Restored(None, 1))
    await life.written()
    for _ in range(_WAITING + 500):
        life.sees(Ticked())
    await asyncio.sleep(0.1)
    assert life.recorder._failing
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await life.written()
    life.sees(Absent())
    await life.recorder.close()
    print(json.dumps([len(life.actions), repr(life.actions[-1])]))

asyncio.run(main())
"""
"""As on a full disk: no file may be larger; in a process of its own, for that holds for all its files."""


def test_a_full_disk_loses_only_what_does_not_fit_the_queue_and_the_gap_is_told(tmp_path: Path) -> None:
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    number, last = json.loads(done.stdout.splitlines()[-1])
    gaps = [one for one in folded(tmp_path) if isinstance(one, TakenUp)]
    lost = gaps[-1].lost
    assert 0 < lost <= 500
    assert repr(actions(tmp_path)[-1]) == last != "()"
    assert len(actions(tmp_path)) == number - lost


async def test_an_observation_that_is_no_text_is_a_gap_and_no_more(tmp_path: Path) -> None:
    life = Life(tmp_path)
    life.sees_much(1)
    life.sees(StartFailed("caf\udce9"))
    life.sees_much(1)
    await life.recorder.close()
    assert [one.lost for one in folded(tmp_path) if isinstance(one, TakenUp)] == [0, 1]
    assert actions(tmp_path) == [*life.actions[:3], *life.actions[4:]]


async def test_what_is_no_recording_is_told_in_a_line(tmp_path: Path) -> None:
    life = Life(tmp_path / "good")
    life.sees_much(1)
    await life.recorder.close()
    good = (tmp_path / "good" / "000001.jsonl").read_bytes()
    opening = json.loads(good.splitlines()[0])
    newer = json.dumps({**opening, "schema": 2}).encode() + b"\n"
    (tmp_path / "empty").mkdir()
    for name, content, said in (
        ("prose.jsonl", b"Dear diary\n", "is not a recording"),
        ("other.jsonl", b"{}\n", "is not a recording"),
        ("headless.jsonl", good.split(b"\n", 1)[1], "is not a recording"),
        ("newer.jsonl", newer, "its schema is 2"),
        ("damaged.jsonl", good[:-20] + b"?\n", "is damaged"),
        ("not-packed.jsonl.gz", good, "is not a recording"),
        ("missing.jsonl", None, "No such file"),
        ("empty", None, "no recording in it"),
    ):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(UserError, match=said) as told:
            list(read(path, pytest.fail))
        assert str(path) in str(told.value)
        assert "\n" not in str(told.value)


async def test_a_packed_file_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    life = Life(tmp_path)
    life.sees_much(200)
    await life.recorder.close()
    packed = gzip.compress((tmp_path / "000001.jsonl").read_bytes())
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(packed[: len(packed) // 2])
    notes: list[str] = []
    lines = list(read(file, notes.append))
    assert isinstance(lines[0], Opening)
    assert len(lines) < 204
    assert len(notes) == 1
    assert "torn" in notes[0]


async def test_a_policy_that_changes_is_recorded_where_it_does(tmp_path: Path) -> None:
    life = Life(tmp_path)
    life.sees_much(3)
    life.obeys(msgspec.structs.replace(POLICY, backoff_first=30.0))
    for _ in range(3):
        life.sees(StartFailed("no such file"))
    await life.recorder.close()
    assert actions(tmp_path) == life.actions
    policies = [line.policy for line in read(tmp_path, pytest.fail) if isinstance(line, Opening)]
    assert [policy.backoff_first for policy in policies] == [POLICY.backoff_first, 30.0]
    assert [one.lost for one in folded(tmp_path) if isinstance(one, TakenUp)] == [0]
