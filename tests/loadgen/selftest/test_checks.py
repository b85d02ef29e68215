"""Whoever lies is found out; whoever was disturbed is not called a liar."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fermatkit.errors import ExitCode
from loadgen.schedule.whole import stages
from loadgen.selftest.checks import Trial, code, frozen, stalled
from loadgen.selftest.report import Log, Report
from loadgen.selftest.trials import planned
from loadgen.selftest.truth import Pause, closed_loop, percentiles, waits
from loadgen.shard import WHOLE
from loadgen.verdict import Word

SCHEDULE = list(stages(planned(1, "ws://127.0.0.1:1", 20), WHOLE, 0.0))
DUES = [due for due, *_ in SCHEDULE]
BEGIN, PAUSE = 1000.0, Pause(1009.0, 1011.0)
WAITS = waits(DUES, BEGIN, PAUSE)
NOTHING = (0.0001,) * 4


def log(answered_late: float = 0.0, arrived: Sequence[float] | None = None) -> Log:
    moments = [BEGIN + due for due in DUES] if arrived is None else list(arrived)
    again = PAUSE.end + answered_late
    answers = [max(moment, again) if moment >= PAUSE.begin else moment for moment in moments]
    return Log(moments, answers, tuple(PAUSE))


def report(response: Sequence[float | None] = percentiles(WAITS), **more: object) -> Report:
    good = Report(
        response=tuple(response),
        service=tuple(response),
        lag=NOTHING,
        usual=0.0002,
        loop_lag=0.001,
        scheduled=len(DUES),
        sent=len(DUES),
        answered=len(DUES),
        verdict=Word.PASS,
        blames_generator=[],
        blames_server=[],
    )
    return replace(good, **more)


def stall(told: Report, seen: Log | None = None) -> Trial:
    return stalled(SCHEDULE, 10, seen or log(), told)


def test_the_truth_passes():
    assert code([stall(report())]) is ExitCode.GOOD


@given(st.lists(st.floats(-0.0099, 0.0099), min_size=4, max_size=4))
def test_within_one_percent_is_true(off: list[float]):
    told = [value * (1 + by) for value, by in zip(percentiles(WAITS), off, strict=True)]
    assert code([stall(report(told))]) is ExitCode.GOOD


@given(st.integers(0, 3), st.floats(0.02, 1) | st.floats(-1, -0.02))
def test_further_off_is_a_lie_if_nothing_disturbed(which: int, off: float):
    told = list(percentiles(WAITS))
    told[which] *= 1 + off
    assert code([stall(report(told))]) is ExitCode.UNHEALTHY


def test_a_closed_loop_is_found_out_however_busy_the_machine_is():
    told = percentiles(closed_loop(SCHEDULE, 10, BEGIN, PAUSE))
    assert code([stall(report(told, loop_lag=0.2), log(answered_late=0.1))]) is ExitCode.UNHEALTHY


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        (report([value + 0.05 for value in percentiles(WAITS)]), log(answered_late=0.05)),
        (report([value + 0.05 for value in percentiles(WAITS)], loop_lag=0.06), log()),
        (report(verdict=Word.INVALID, blames_generator=["late"]), log()),
    ],
)
def test_what_a_busy_machine_explains_is_neither_true_nor_a_lie(told: Report, seen: Log):
    assert code([stall(told, seen)]) is ExitCode.INVALID_RUN


@pytest.mark.parametrize(
    "told",
    [report(sent=3999), report(answered=3999), report(scheduled=4001), report([None] * 4)],
)
def test_messages_that_are_not_accounted_for(told: Report):
    assert code([stall(told)]) is ExitCode.UNHEALTHY


LAGS = [BEGIN + due + wait for due, wait in zip(DUES, WAITS, strict=True)]
BLAMES = {"verdict": Word.INVALID, "blames_generator": ["the generator sent its messages late"]}


def freeze(**more: object) -> Trial:
    told = report(NOTHING, **BLAMES | {"lag": percentiles(WAITS)} | more)
    return frozen(SCHEDULE, PAUSE, log(arrived=LAGS), told)


def test_a_stopped_generator_that_says_so_passes():
    assert code([freeze()]) is ExitCode.GOOD


@pytest.mark.parametrize(
    "lie",
    [
        {"lag": NOTHING},
        {"verdict": Word.PASS},
        {"verdict": Word.FAIL},
        {"blames_server": ["3 messages were never answered"]},
        {"blames_generator": []},
    ],
)
def test_a_stopped_generator_that_does_not(lie: dict[str, object]):
    assert code([freeze(**lie)]) is ExitCode.UNHEALTHY


def test_one_lie_outweighs_all_doubt():
    busy = stall(report(verdict=Word.INVALID, blames_generator=["late"]))
    assert code([busy, freeze()]) is ExitCode.INVALID_RUN
    assert code([busy, freeze(lag=NOTHING)]) is ExitCode.UNHEALTHY


def test_where_nothing_happened_there_is_nothing_to_compare():
    with pytest.raises(ValueError, match="nothing to compare"):
        stall(report(), Log([], [], None))
