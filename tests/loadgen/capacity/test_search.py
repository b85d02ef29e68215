from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.simulated import NOISES, carried_out, contains, simulate
from loadgen.capacity.search import BET, DOUBTFUL, Answer, Bounds, Search

SEARCHES = 1_000


@given(
    knee=st.integers(0, 3000),
    start=st.integers(1, 5000),
    more=st.integers(0, 5000),
    resolution=st.floats(0.001, 1.0),
)
def test_a_sharp_knee_lies_in_the_interval_which_is_as_narrow_as_asked(
    knee: int, start: int, more: int, resolution: float
):
    bounds = Bounds(start=start, most=start + more, resolution=resolution)
    search = carried_out(bounds, lambda load: load <= knee)
    assert contains(search, knee)
    assert search.confidence >= bounds.confidence
    low, high = search.low.load or 0, search.high.load
    if high is None:
        assert low == bounds.most
        assert search.estimate is None
    else:
        assert high - low <= max(1, resolution * low)
        assert search.estimate is not None
        assert low <= search.estimate <= high


def test_six_rounds_are_95_percent_and_fewer_say_less():
    bounds = Bounds(start=100, most=10_000)
    search = carried_out(bounds, lambda load: load <= 470)
    assert max(one.round for one in search.tries) == 6
    assert search.confidence == pytest.approx(1 - 2 / (1 + BET) ** 6)
    three = carried_out(Bounds(start=100, most=10_000, rounds=3), lambda load: load <= 470)
    assert 0.6 < three.confidence < 0.7
    none = carried_out(Bounds(start=100, most=10_000, rounds=0), lambda load: load <= 470)
    assert (none.confidence, none.low.load, none.high.load) == (0.0, search.low.load, search.high.load)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("rounds", [3, 20])
def test_the_knee_lies_in_the_interval_as_often_as_it_says(noise: str, rounds: int) -> None:
    came = simulate(noise, SEARCHES, seed=1, rounds=rounds)
    assert came["inside"] >= came["promised"] - 3 * math.sqrt(0.25 / SEARCHES)


def test_with_little_noise_the_interval_is_narrow() -> None:
    came = simulate("lognormal, 5 %", SEARCHES, seed=2)
    assert came["width"] < 0.3
    assert came["tries"] < 36


def test_broken_off_in_the_first_round_it_says_where_it_was_and_that_this_proves_nothing() -> None:
    search = Search(Bounds(start=100, most=10_000))
    steps = search.steps()
    assert search.confidence == 0.0
    assert [next(steps), *map(steps.send, (True, True, False))] == [100, 200, 400, 283]
    assert (search.low.load, search.high.load, search.confidence) == (200, 400, 0.0)


def test_what_the_generator_cannot_make_is_never_the_servers_fault():
    bounds = Bounds(start=100, most=10_000)
    search = carried_out(bounds, lambda load: None if load > 500 else True)
    assert (search.low.load, search.high.load, search.too_much) == (400, None, 800)
    assert search.confidence >= 0.95 / 2
    assert [one.load for one in search.tries if one.carried is None] == [800] * DOUBTFUL
    nothing = carried_out(bounds, lambda _load: None)
    assert (nothing.low.load, nothing.high.load, nothing.too_much) == (None, None, 100)
    assert len(nothing.tries) == DOUBTFUL


def test_a_try_that_proves_nothing_is_made_again_and_counts_for_neither():
    seen: list[int] = []

    def now_and_then(load: int) -> Answer:
        seen.append(load)
        return None if len(seen) % 3 == 0 else load <= 470

    search = carried_out(Bounds(start=100, most=10_000), now_and_then)
    assert contains(search, 470)
    assert search.too_much is None


def test_a_server_that_carries_nothing_has_its_knee_below_1():
    search = carried_out(Bounds(start=100, most=1000), lambda _load: False)
    assert (search.low.load, search.high.load, search.estimate) == (None, 1, 0)
