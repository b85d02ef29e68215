from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen import trouble
from loadgen.live import Live, remaining
from loadgen.recorder import histogram
from loadgen.results import Second
from loadgen.tally import Operation, Tally
from support.loads import flat, note

PLAN = flat(clients=5000, ramp=500, duration=30)


class Terminal(StringIO):
    """Keeps what a screen would show: it knows the four ways in which the view moves."""

    def isatty(self) -> bool:
        return True

    @property
    def screen(self) -> list[str]:
        rows, row = [""], 0
        for part in self.getvalue().replace("\r", "").split("\x1b["):
            text = part
            if part[:1].isdigit() and part[1:2] == "A":
                row -= int(part[0])
                text = part[2:]
            elif part[:1] == "J":
                rows[row:] = [""]
                text = part[1:]
            first, *more = text.split("\n")
            rows[row] += first
            rows += more
            row += len(more)
        return rows


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "24")
    return Terminal()


def second(
    at: float, errors: dict[str, int] | None = None, *, lag: float = 0.001, phase: str = "holding"
) -> Second:
    tally = Tally(errors=errors or {}, loop_lag=histogram([lag]), cpu=0.25)
    note(tally, Operation.LIST, [0.0025] * 200)
    return Second(at=at, phase=phase, registered=4999, tally=tally)


def test_a_terminal_has_a_few_lines_rewritten_and_none_at_the_end(terminal: Terminal):
    live = Live(PLAN, 5000, terminal)
    live.show(second(1, {"a": 2}, phase="ramping up"))
    live.show(second(2, {"a": 3, "b": 1}))
    live.show(second(4))
    assert terminal.screen == [
        "4 s holding, 27 s to go; 4,999 of 5,000 registered",
        "100/s sent, 100/s answered, p50 2.5 p99 2.5 ms",
        "errors: 5 a, 1 b",
        "own lag p99 1.0 ms, 12% of a core",
    ]
    live.end()
    assert terminal.screen == [""]


def test_three_kinds_of_errors_are_named(terminal: Terminal):
    Live(PLAN, 5000, terminal).show(second(1, {"a": 1, "b": 50, "c": 2, "d": 1000, "e": 1}))
    assert terminal.screen[2] == "errors: 1,000 d, 50 b, 2 c, 2 others"


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (second(1, lag=0.5), "INVALID: the generator ran its own event loop late"),
        (second(1, {trouble.NO_PORT: 3}), f"INVALID: 3 times {trouble.NO_PORT}"),
    ],
)
def test_a_generator_in_trouble_says_so_at_once(terminal: Terminal, bad: Second, words: str):
    Live(PLAN, 5000, terminal).show(bad)
    assert terminal.screen[3].startswith(words)


def test_what_was_not_measured_is_not_shown(terminal: Terminal):
    Live(PLAN, 5000, terminal).show(Second(at=1, phase="ramping up", registered=0, tally=Tally()))
    assert terminal.screen[1:] == ["0/s sent, 0/s answered", "no errors", "own lag unknown, 0% of a core"]


def test_elsewhere_there_is_a_plain_line_now_and_then():
    stream = StringIO()
    live = Live(PLAN, 5000, stream)
    for at in range(1, 13):
        live.show(second(at))
    live.end()
    assert [line.partition(" ")[0] for line in stream.getvalue().splitlines()] == ["1", "6", "11"]
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(("columns", "rows"), [("20", "24"), ("40", "3"), ("10", "1")])
def test_a_small_terminal_has_no_wrapped_line(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, columns: str, rows: str
):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", rows)
    live = Live(PLAN, 5000, terminal)
    for at in range(1, 4):
        live.show(second(at))
    assert all(len(line) < int(columns) for line in terminal.screen)
    assert len(terminal.screen) == min(4, max(int(rows) - 1, 1))


@given(st.floats(0.1, 100), st.none() | st.floats(0, 50))
def test_the_end_comes_no_sooner_than_the_plan_says(at: float, holding_since: float | None):
    left = remaining(PLAN, at, holding_since)
    if holding_since is None:
        assert left is not None
        assert left >= PLAN.duration - 1e-9
        assert at + left >= PLAN.begin + PLAN.duration - 1e-9
    elif at < holding_since + PLAN.duration:
        assert left == pytest.approx(holding_since + PLAN.duration - at)
    else:
        assert left is None
