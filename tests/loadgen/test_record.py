from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from fermatkit.errors import ExitCode, UserError
from loadgen.record import Record, load
from loadgen.schedule.events import Shard
from loadgen.verdict import Word
from loadgen.watched import Kind, Mark, Sample, Server
from support.loads import record, run, second, written

WHOLE = record(run(clients=3), [second(1.0), second(2.0)])


def test_a_whole_run_is_read_as_it_was_written(tmp_path: Path):
    read = load(written(tmp_path / "run.jsonl", WHOLE))
    assert read == WHOLE
    assert read.summed() == WHOLE.summary
    assert read.outcome().tally == WHOLE.tally()


def test_what_was_seen_of_the_server_lies_between_in_any_order(tmp_path: Path):
    looks = (
        Sample(at=0.5, readings={"cpu:utilization": 7.0, "gc:utilization": None}),
        Sample(at=1.5, readings={}),
    )
    told = (
        Mark(at=-1.0, kind=Kind.INCIDENT, text="DISK LOW"),
        Mark(at=0.5, until=2.0, kind=Kind.HARM, text="kill"),
    )
    seen = structs.replace(
        WHOLE, server=Server(seen_by="pid 4", about={"java": "17"}), samples=looks, marks=told
    )
    path = written(tmp_path / "run.jsonl", seen)
    assert load(path) == seen
    first, *between, last = path.read_bytes().splitlines(keepends=True)
    between.sort(key=lambda line: b'"second"' in line)  # who watched has its own pace
    path.write_bytes(b"".join([first, *between, last]))
    between.sort(reverse=True)  # seconds keep their order: they alone are told from each other by it
    assert load(path) == seen


@given(st.data())
def test_a_file_cut_off_anywhere_is_as_much_as_its_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
):
    path = written(tmp_path_factory.mktemp("results") / "run.jsonl", WHOLE)
    whole = path.read_bytes()
    first_line = whole.index(b"\n") + 1
    kept = data.draw(st.integers(first_line, len(whole) - 1))
    path.write_bytes(whole[:kept])
    assert load(path) == Record(WHOLE.run, WHOLE.seconds[: whole[:kept].count(b"\n") - 1], None)


def test_a_killed_run_has_the_summary_that_its_seconds_give_and_says_so():
    summary = Record(WHOLE.run, WHOLE.seconds, None).summed()
    assert (summary.verdict, summary.exit_code) == (Word.INVALID, ExitCode.INVALID_RUN)
    assert summary.reasons[0] == "the generator was killed: its file ends after 2 s, without a summary"
    assert summary.messages.answered == 2
    assert summary.generator.cpu_seconds == 0.5
    assert summary.clients.open == 3
    assert (summary.clients.left, summary.clients.aborted, summary.generator.rss_bytes) == (None, None, None)


def test_a_run_killed_at_once_has_one_too():
    summary = Record(run(clients=5, shard=Shard(1, 2)), (), None).summed()
    assert "after less than a second" in summary.reasons[0]
    assert (summary.clients.asked, summary.clients.unfinished) == (2, 2)
    assert summary.generator.cpu_seconds is None


def lines_of(path: Path) -> list[bytes]:
    return written(path, WHOLE).read_bytes().splitlines(keepends=True)


def other_version(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"version":4', b'"version":7'), *lines[1:]]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda _: [], "has no whole line"),
        (lambda lines: [lines[0][:-10]], "has no whole line"),
        (lambda lines: [b"hello\n", *lines], "line 1: not the beginning of a run"),
        (lambda lines: lines[1:], "line 1: not the beginning of a run"),
        (lambda lines: [lines[0], lines[1][:50] + b"\n", *lines[2:]], "line 2: damaged"),
        (lambda lines: [*lines, b"\xff\x00\n"], "line 5: damaged"),
        (lambda lines: [*lines, *lines], "more than one run"),
        (other_version, "of version 7, and this program reads version 4"),
    ],
)
def test_a_file_that_is_no_run_is_one_line(tmp_path: Path, spoil, words: str):
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"".join(spoil(lines_of(tmp_path / "good"))))
    with pytest.raises(UserError) as caught:
        load(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("name", "words"), [(".", "is a directory: name the run.jsonl"), ("nothing", "No such file or directory")]
)
def test_what_is_not_there_is_one_line(tmp_path: Path, name: str, words: str):
    with pytest.raises(UserError, match=words):
        load(tmp_path / name)


def test_a_summary_of_another_shape_is_damage(tmp_path: Path):
    path = written(tmp_path / "run.jsonl", WHOLE)
    path.write_bytes(path.read_bytes() + msgspec.json.encode({"type": "summary"}) + b"\n")
    with pytest.raises(UserError, match="line 5: damaged"):
        load(path)
