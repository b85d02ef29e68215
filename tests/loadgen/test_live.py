from __future__ import annotations

from io import StringIO

import pytest

from loadgen.live import Live
from loadgen.plan import Plan
from loadgen.results import Second
from loadgen.tally import Operation, Tally
from support.loads import note

PLAN = Plan(seed=1, connections=5000)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def second(at: int, errors: int = 0) -> Second:
    tally = Tally()
    note(tally, Operation.LIST, [0.0025])
    tally.error("something", errors)
    return Second(at=at, phase="holding", registered=4999, tally=tally)


def test_a_terminal_has_one_line_rewritten_and_none_at_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "200")
    terminal = Terminal()
    live = Live(PLAN, terminal)
    live.show(second(1, errors=2))
    live.show(second(2, errors=3))
    live.end()
    _, first, last, nothing = terminal.getvalue().split("\r\x1b[2K")
    assert first == "1 s holding; 4,999 of 5,000 registered; 1 answers, p50 2.5 p99 2.5 ms; 2 errors"
    assert "; 5 errors" in last
    assert nothing == ""
    assert "\n" not in terminal.getvalue()


def test_elsewhere_there_is_a_plain_line_now_and_then():
    stream = StringIO()
    live = Live(PLAN, stream)
    for at in range(1, 13):
        live.show(second(at))
    live.end()
    assert [line.partition(" ")[0] for line in stream.getvalue().splitlines()] == ["1", "6", "11"]
    assert "\x1b" not in stream.getvalue()


def test_a_narrow_terminal_has_no_wrapped_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    Live(PLAN, terminal).show(second(1))
    assert len(terminal.getvalue().removeprefix("\r\x1b[2K")) == 39
