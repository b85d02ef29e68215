from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermatkit.errors import UserError
from loadgen import results
from loadgen.outcome import Clients, Outcome
from loadgen.results import Run, Second
from loadgen.scenario.plan import Plan
from loadgen.summary import summarise
from loadgen.tally import Operation, Tally
from loadgen.verdict import judge
from support.loads import note

STARTED = datetime(2026, 11, 23, 21, 8, 38, tzinfo=UTC)
PLAN = Plan(seed=1)
FULL = Path("/dev/full")
RUN = Run(started=STARTED.isoformat(), plan=PLAN)


def second(at: float) -> Second:
    tally = Tally()
    note(tally, Operation.LIST, [0.1], lag=0.1)
    return Second(at=at, phase="holding", registered=3, tally=tally)


def summary():
    clients = Clients(asked=1, open=1, registered=1, lost=0, failed=0, unfinished=0, left=1, aborted=0)
    outcome = Outcome(clients=clients, tally=second(1).tally, seconds=60, cpu_seconds=5, rss=10**8)
    return summarise(PLAN, outcome, judge(outcome), started=RUN.started, result_file="somewhere")


def test_a_run_is_a_file_under_its_utc_stamp(tmp_path: Path):
    file = results.create(tmp_path / "new", STARTED)
    lines = [RUN, second(1), second(2), summary()]
    for line in lines:
        file.write(line)
    file.close()
    assert file.path == tmp_path / "new" / "2026-11-23T21-08-38Z" / "run.jsonl"
    assert results.read(file.path) == lines
    assert file.problem is None


def test_two_runs_of_one_second_have_a_folder_each(tmp_path: Path):
    files = [results.create(tmp_path, STARTED) for _ in range(3)]
    for file in files:
        file.close()
    names = [file.path.parent.name for file in files]
    assert names == ["2026-11-23T21-08-38Z", "2026-11-23T21-08-38Z.2", "2026-11-23T21-08-38Z.3"]


@given(st.data())
def test_a_run_cut_off_anywhere_keeps_its_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
):
    file = results.create(tmp_path_factory.mktemp("results"), STARTED)
    lines = [RUN, second(1), second(2)]
    for line in lines:
        file.write(line)
    file.close()
    whole = file.path.read_bytes()
    kept = data.draw(st.integers(0, len(whole)))
    file.path.write_bytes(whole[:kept])
    assert results.read(file.path) == lines[: whole[:kept].count(b"\n")]


def test_every_line_is_on_disk_when_it_is_written(tmp_path: Path):
    file = results.create(tmp_path, STARTED)
    file.write(RUN)
    assert results.read(file.path) == [RUN]
    file.close()


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_a_full_disk_does_not_end_a_run_but_is_told():
    with FULL.open("wb", buffering=0) as full:
        file = results.ResultFile(FULL, full)
        file.write(RUN)
        file.write(second(1))
    assert file.problem == "/dev/full is not complete: No space left on device"


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError, match=r"cannot write results to .*file.*--out"):
        results.create(tmp_path / "file", STARTED)
