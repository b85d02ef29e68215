"""Log lines and a reader who does not read."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from sidecar.cli import log
from sidecar.cli.log import MOST, Lines

Piped = tuple[int, Lines]


@pytest.fixture
def piped() -> Iterator[Piped]:
    """A pipe's end to read, and what writes to the other; as small as a pipe can be."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    lines = Lines(write)
    yield read, lines
    os.close(read)
    lines.drain()
    os.close(write)


def lines_of(read: int) -> Iterator[str]:
    with open(read, closefd=False) as file:
        yield from file


def tells_by(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``log.start`` does, but for this process's stderr."""
    writes = structlog.WriteLogger(lines)  # type: ignore[arg-type]
    json_lines = structlog.wrap_logger(writes, processors=[structlog.processors.JSONRenderer()])
    monkeypatch.setattr(log, "log", json_lines)


def test_lines_arrive_whole_and_in_order(piped: Piped) -> None:
    read, lines = piped
    print("one", 1, file=lines, flush=True)
    lines.write("two\nthree\n")
    lines.drain()
    reader = lines_of(read)
    assert [next(reader) for _ in range(3)] == ["one 1\n", "two\n", "three\n"]


def test_who_does_not_read_holds_nobody_up_and_is_told_what_was_missed(
    piped: Piped, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, lines = piped
    tells_by(lines, monkeypatch)
    number = 2 * MOST + 100
    for i in range(number):
        lines.write(f"{i:099}\n")
    reader = lines_of(read)
    got = [next(reader)]
    while "{" not in got[-1]:
        got.append(next(reader))
    arrived = [int(line) for line in got[:-1]]
    assert arrived == sorted(set(arrived))
    assert json.loads(got[-1]) == {
        "event": "lines of this log were lost: nobody read it",
        "lines": number - len(got) + 1,
    }
    assert MOST <= len(got) - 1 <= MOST + 50


def test_the_end_of_the_program_does_not_wait_for_a_reader(piped: Piped) -> None:
    read, lines = piped
    for _ in range(100):
        lines.write("x" * 99 + "\n")
    began = time.monotonic()
    lines.drain(0.05)
    assert time.monotonic() - began < 5
    assert len(os.read(read, 4096)) == 4000


def test_a_reader_who_is_gone_is_no_trouble() -> None:
    read, write = os.pipe()
    os.close(read)
    lines = Lines(write)
    for _ in range(10):
        lines.write("nobody\n")
    lines.drain()
    os.close(write)
    assert not lines._thread.is_alive()


def test_a_disk_that_was_full_gets_the_number_of_what_it_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    full, file = os.open("/dev/full", os.O_WRONLY), os.open(path, os.O_WRONLY | os.O_CREAT)
    log_end = os.dup(full)
    lines = Lines(log_end)
    tells_by(lines, monkeypatch)
    lines.write("lost\n")
    while lines._lost == 0:
        pass
    os.dup2(file, log_end)
    lines.write("there\n")
    while "lines" not in path.read_text():
        pass
    first, second = path.read_text().splitlines()
    assert (first, json.loads(second)["lines"]) == ("there", 1)
    lines.drain()
    for descriptor in (full, file, log_end):
        os.close(descriptor)
