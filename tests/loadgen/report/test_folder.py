"""One report of what lies together: a run, a search, drills."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from fermatkit.errors import UserError
from loadgen.report.folder import find
from support.loads import record, run, second, written
from support.reported import CAPACITY, DRILLS


def kept(path: Path, thing: msgspec.Struct) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(thing))


def ran(path: Path, clients: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written(path, record(run(clients=clients), [second(1.0)], clients=clients))


def drilled(folder: Path) -> None:
    for drill in DRILLS:
        kept(folder / "drills" / drill.name / "drill.json", structs.replace(drill, file="run.jsonl"))
        ran(folder / "drills" / drill.name / "run.jsonl", len(drill.name))


def test_a_file_or_its_folder(tmp_path: Path) -> None:
    ran(tmp_path / "run.jsonl", 3)
    assert find(tmp_path) == find(tmp_path / "run.jsonl")
    assert (find(tmp_path).capacity, find(tmp_path).drills) == (None, ())


def test_all_of_a_folder(tmp_path: Path) -> None:
    ran(tmp_path / "run.jsonl", 3)
    kept(tmp_path / "capacity.json", CAPACITY)
    drilled(tmp_path)
    found = find(tmp_path)
    assert found.record.run.plan.clients == 3
    assert found.capacity == CAPACITY
    assert [one.name for one in found.drills] == ["hang", "kill"]
    assert {name: load.run.plan.clients for name, load in found.loads.items()} == {"hang": 4, "kill": 4}


def test_of_a_search_the_greatest_load_that_was_carried(tmp_path: Path) -> None:
    kept(tmp_path / "capacity.json", CAPACITY)
    for step in CAPACITY.rounds[0].steps:
        ran(tmp_path / step.file, step.load)
    assert find(tmp_path).record.run.plan.clients == 4_000


def test_of_drills_alone_the_first_ones_load(tmp_path: Path) -> None:
    drilled(tmp_path)
    assert find(tmp_path).record.run.plan.clients == len("hang")


def test_one_drills_folder(tmp_path: Path) -> None:
    drilled(tmp_path)
    found = find(tmp_path / "drills" / "kill")
    assert [one.name for one in found.drills] == ["kill"]
    assert found.record.run.plan.clients == len("kill")


@pytest.mark.parametrize(("name", "says"), [("", "has neither"), ("capacity.json", "damaged")])
def test_a_folder_without_anything_good_is_one_line(tmp_path: Path, name: str, says: str) -> None:
    if name:
        (tmp_path / name).write_text("junk")
    with pytest.raises(UserError, match=says) as error:
        find(tmp_path)
    assert "\n" not in str(error.value)
