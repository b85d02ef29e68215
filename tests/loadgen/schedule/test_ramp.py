"""How the clients come: evenly, in steps, or each by itself."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import exp, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.scenario.plan import Plan
from loadgen.scenario.stages import Ramp, Stage
from loadgen.schedule.events import Shard
from loadgen.schedule.ramp import Arrivals
from support.plans import ramps, seeds


def arrivals(plan: Plan) -> list[float]:
    return [due for due, *_ in Arrivals(plan).events(Shard())]


@given(ramps, st.integers(1, 300), seeds)
def test_all_come_in_the_time_of_the_ramp(ramp: Ramp, clients: int, seed: int) -> None:
    plan = Plan(seed=seed, clients=clients, ramp=ramp)
    dues = arrivals(plan)
    assert len(dues) == clients
    assert all(earlier <= later for earlier, later in pairwise(dues))
    assert dues[0] >= 0
    assert dues[-1] <= ramp.seconds(clients)


@given(st.integers(1, 300), st.floats(0.1, 1000), st.floats(0, 20))
def test_a_linear_ramp_keeps_its_rate_from_the_start_to_any_moment(
    clients: int, rate: float, moment: float
) -> None:
    dues = arrivals(Plan(seed=0, clients=clients, ramp=Ramp(rate=rate)))
    assert abs(sum(due <= moment for due in dues) - min(clients, moment * rate)) <= 1


@given(st.integers(1, 300), st.integers(1, 50), st.floats(0.01, 10))
def test_steps_are_full_but_for_the_last_and_equally_far_apart(clients: int, each: int, every: float) -> None:
    dues = arrivals(Plan(seed=0, clients=clients, ramp=Ramp(shape="steps", each=each, every=every)))
    sizes = Counter(dues)
    assert list(sizes) == [step * every for step in range(len(sizes))]
    assert all(size == each for size in list(sizes.values())[:-1])


def test_steps_without_a_size_are_one_of_all() -> None:
    assert set(arrivals(Plan(seed=0, clients=70, ramp=Ramp(shape="steps")))) == {0.0}


@pytest.mark.parametrize("seed", range(5))
def test_poisson_arrivals_are_independent_of_each_other(seed: int) -> None:
    """Gaps have an exponential distribution (Kolmogorov and Smirnov), and counts vary like their mean."""
    clients, rate = 4000, 50.0
    dues = arrivals(Plan(seed=seed, clients=clients, ramp=Ramp(shape="poisson", rate=rate)))
    gaps = sorted(later - earlier for earlier, later in pairwise([0.0, *dues]))
    distance = max(abs((i + 1) / clients - (1 - exp(-gap * rate))) for i, gap in enumerate(gaps))
    assert distance < 1.63 / sqrt(clients)  # significance level 1 %
    per_second = Counter(int(due) for due in dues)
    counts = [per_second[second] for second in range(int(clients / rate))]
    variance = sum((count - rate) ** 2 for count in counts) / len(counts)
    assert 0.6 < variance / rate < 1.5


def test_the_stages_begin_when_the_ramp_is_over_and_has_settled() -> None:
    plan = Plan(
        seed=0, clients=500, ramp=Ramp(rate=100.0), settle=3.0, stages=(Stage(duration=1.0, rate=1.0),)
    )
    assert plan.begin == 8.0
    steps = Ramp(shape="steps", each=100, every=10.0)
    assert Plan(seed=0, clients=500, ramp=steps, settle=3.0).begin == 43.0
