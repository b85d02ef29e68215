from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.capacity.search import BET, DOUBTFUL, Answer, Bounds, Search

SEARCHES = 1_000


def carried_out(bounds: Bounds, server: Callable[[int], Answer]) -> Search:
    search = Search(bounds)
    steps = search.steps()
    try:
        load = next(steps)
        while True:
            assert 1 <= load <= bounds.most
            load = steps.send(server(load))
    except StopIteration:
        return search


def contains(search: Search, knee: float) -> bool:
    low, high = search.low.load or 0, search.high.load
    return low <= knee and (high is None or knee < high)


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


def lognormal(deviation: float) -> Callable[[random.Random, float, int], bool]:
    return lambda chance, knee, load: load <= knee * math.exp(chance.gauss(0, deviation))


def even(chance: random.Random, knee: float, load: int) -> bool:
    """As hard as can be: on the wrong side of the knee every load looks like every other."""
    return chance.random() < (0.51 if load <= knee else 0.49)


def one_sided(chance: random.Random, knee: float, load: int) -> bool:
    """What is too much is carried nearly half of the times."""
    return load <= knee or chance.random() < 0.49


NOISES: dict[str, Callable[[random.Random, float, int], bool]] = {
    "none": lognormal(0),
    "2 %": lognormal(0.02),
    "5 %": lognormal(0.05),
    "10 %": lognormal(0.1),
    "30 %": lognormal(0.3),
    "even": even,
    "one-sided": one_sided,
}


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("rounds", [3, 20])
def test_the_knee_lies_in_the_interval_as_often_as_it_says(noise: str, rounds: int):
    chance = random.Random(f"{noise} {rounds}")
    inside, promised = 0, 0.0
    for _ in range(SEARCHES):
        knee = math.exp(chance.uniform(math.log(50), math.log(20_000)))
        bounds = Bounds(start=100, most=100_000, rounds=rounds)
        search = carried_out(bounds, lambda load, knee=knee: NOISES[noise](chance, knee, load))  # type: ignore[misc]
        inside += contains(search, knee)
        promised += search.confidence
    deviation = math.sqrt(0.25 / SEARCHES)  # at most
    assert inside / SEARCHES >= promised / SEARCHES - 3 * deviation


def test_with_little_noise_the_interval_is_narrow():
    chance = random.Random(1)
    widths, tries = [], []
    for _ in range(SEARCHES):
        bounds = Bounds(start=100, most=100_000)
        search = carried_out(bounds, lambda load: lognormal(0.05)(chance, 3000, load))
        assert search.high.load is not None
        assert search.low.load is not None
        widths.append(search.high.load / search.low.load)
        tries.append(len(search.tries))
    assert sorted(widths)[SEARCHES // 2] < 1.3
    assert sum(tries) / SEARCHES < 36


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
