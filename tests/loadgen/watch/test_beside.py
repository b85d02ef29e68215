"""A watcher beside a run: its lines come on the run's own axis, and its ways to end do no harm."""

from __future__ import annotations

import os
import time

import psutil
import pytest

from fermatkit.measures import Measure
from loadgen import results
from loadgen.results import Second
from loadgen.tally import Tally
from loadgen.watch.beside import beside
from loadgen.watch.messages import ByPid
from loadgen.watched import Sample, Server


def second(at: float) -> Second:
    return Second(at=at, phase="holding", registered=1, tally=Tally())


def watchers() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "loadgen.watch" in one.cmdline()]


def test_samples_are_on_the_axis_that_the_seconds_have() -> None:
    lines: list[results.Line] = []
    notes: list[str] = []
    with beside(ByPid(port=9, pid=os.getpid()), lines.append, notes.append) as write:
        time.sleep(0.5)
        write(second(101.0))
        time.sleep(1.5)
    assert notes == []
    assert [line.seen_by for line in lines if type(line) is Server] == [f"pid {os.getpid()}"]
    samples = [line for line in lines if type(line) is Sample]
    assert len(samples) >= 2
    assert all(100.0 <= one.at <= 103.5 for one in samples)
    assert samples[-1].readings[Measure.THREADS] is not None
    assert watchers() == []


def test_a_watcher_that_is_killed_ends_nothing_else() -> None:
    lines: list[results.Line] = []
    with beside(ByPid(port=9, pid=os.getpid()), lines.append, lambda _: None) as write:
        (watcher,) = watchers()
        watcher.kill()
        watcher.wait()
        write(second(1.0))
    assert any(type(line) is Second for line in lines)


def test_a_port_without_a_listener_is_said_once() -> None:
    notes: list[str] = []
    with beside(ByPid(port=9), lambda _: None, notes.append):
        time.sleep(1.5)
    assert notes == [
        "the server itself is not watched: nobody listens on port 9 yet: start it, or name another by --url"
    ]


def test_without_a_job_nothing_is_started() -> None:
    lines: list[results.Line] = []
    with beside(None, lines.append, pytest.fail) as write:
        assert watchers() == []
        write(second(1.0))
    assert len(lines) == 1
