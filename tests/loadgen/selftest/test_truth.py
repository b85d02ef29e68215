"""The arithmetic of a pause, against the plainest way to reckon it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.recorder import histogram
from loadgen.schedule.events import Event
from loadgen.schedule.whole import stages
from loadgen.selftest.trials import RATE, planned
from loadgen.selftest.truth import PERCENTS, Pause, closed_loop, origin, percentiles, seen, waits
from loadgen.shard import WHOLE

SECONDS = 20.0
moments = st.floats(0, 30)


def schedule(seed: int = 1) -> list[Event]:
    return list(stages(planned(seed, "ws://127.0.0.1:1", SECONDS), WHOLE, 0.0))


@given(st.integers(0, 2**32 - 1), st.floats(0, 1000), st.floats(1, 17))
def test_a_stall_of_a_tenth_of_the_run_makes_a_p99_of_nine_tenths_of_it(seed: int, begin: float, at: float):
    dues = [due for due, *_ in schedule(seed)]
    p95, p99, p999, most = percentiles(waits(dues, begin, Pause(begin + at, begin + at + 2)))
    grain = 2 / RATE
    assert p95 == pytest.approx(1.0, abs=grain)
    assert p99 == pytest.approx(1.8, abs=grain)
    assert p999 == pytest.approx(1.98, abs=grain)
    assert most == pytest.approx(2.0, abs=grain)


@given(st.lists(moments, min_size=1).map(sorted), moments, moments)
def test_outside_of_the_pause_nobody_waits_and_inside_until_its_end(
    dues: list[float], one: float, other: float
):
    pause = Pause(min(one, other), max(one, other))
    for due, wait in zip(dues, waits(dues, 0.0, pause), strict=True):
        assert wait == (pause.end - due if pause.begin <= due < pause.end else 0.0)


@given(st.lists(moments, min_size=1).map(sorted), st.data())
def test_the_beginning_is_found_from_when_messages_arrived(dues: list[float], data: st.DataObject):
    late = data.draw(st.lists(st.floats(0, 2), min_size=len(dues), max_size=len(dues)))
    late[data.draw(st.integers(0, len(dues) - 1))] = 0.0  # one was punctual
    arrivals = [100 + due + by for due, by in zip(dues, late, strict=True)]
    found = origin(dues, data.draw(st.permutations(arrivals)))
    assert found >= 100 - 1e-9, "no message is early"
    assert min(seen(dues, found, arrivals)) == pytest.approx(0, abs=1e-9)
    if arrivals == sorted(arrivals):
        assert found == pytest.approx(100)


@given(st.lists(st.floats(0, 60), min_size=1))
def test_percentiles_are_those_of_the_histograms(values: list[float]):
    exact, bucketed = percentiles(values), histogram(values).percentiles(PERCENTS)
    for one, other in zip(exact, bucketed, strict=True):
        assert other == pytest.approx(one, rel=0.001, abs=1e-6)


def test_a_closed_loop_has_one_sample_of_a_pause_for_each_connection():
    pause = Pause(9, 11)
    closed = closed_loop(schedule(), 10, 0.0, pause)
    assert len([wait for wait in closed if wait > 0]) == 10
    assert sum(wait > 0 for wait in waits([due for due, *_ in schedule()], 0.0, pause)) == 400
    p95, p99, _, most = percentiles(closed)
    assert p95 == p99 == 0.0, "it hides the pause"
    assert most > 1.8
