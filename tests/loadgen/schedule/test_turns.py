"""The rate is kept in every stretch of time, whatever its course, and the senders are as if drawn."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loadgen.scenario.acts import Act
from loadgen.scenario.behaviours import Echo, Listener, Lister, SlowReader
from loadgen.scenario.plan import Plan
from loadgen.scenario.spans import Span
from loadgen.scenario.stages import Stage
from loadgen.schedule.whole import schedule
from support.plans import seeds, stages

courses = st.lists(stages, min_size=1, max_size=4).map(tuple)


def due_by(course: tuple[Stage, ...], moment: float) -> float:
    """The integral of the rate, by hand."""
    turns = 0.0
    for stage in course:
        part = min(max(moment, 0.0), stage.duration)
        share = part / stage.duration if stage.duration else 0.0
        rate_then = stage.rate + share * (stage.last_rate - stage.rate)
        turns += (stage.rate + rate_then) / 2 * part
        moment -= stage.duration
    return turns


@given(courses, seeds, st.integers(1, 30), st.floats(0, 1))
def test_the_rate_is_kept_from_the_begin_to_any_moment(
    course: tuple[Stage, ...], seed: int, clients: int, part: float
) -> None:
    plan = Plan(seed=seed, clients=clients, stages=course)
    dues = [due - plan.begin for due, _, act, *_ in schedule(plan) if act is Act.LIST]
    moment = part * plan.duration
    assert all(earlier <= later for earlier, later in pairwise(dues))
    assert abs(sum(due <= moment for due in dues) - due_by(course, moment)) <= 1 + 1e-6
    assert len(dues) == int(sum(stage.messages for stage in course) + 1e-6)


def test_a_rate_that_falls_to_nothing_and_one_that_rises_from_it() -> None:
    course = (Stage(duration=10.0, rate=100.0, to=0.0), Stage(duration=10.0, rate=0.0, to=100.0))
    plan = Plan(seed=3, stages=course)
    dues = [due - plan.begin for due, _, act, *_ in schedule(plan) if act is Act.LIST]
    assert len(dues) == 1000
    assert sum(9 < due <= 11 for due in dues) == 10  # 5 % of an even rate: the gap between is as asked
    assert abs(sum(due <= 5 for due in dues) - 375) <= 1


def test_only_senders_send_and_share_evenly() -> None:
    mix = (Lister(), Listener(), SlowReader())
    plan = Plan(seed=1, clients=90, mix=mix, stages=(Stage(duration=60.0, rate=60.0),))
    counts: dict[int, int] = {}
    for _, client, act, *_ in schedule(plan):
        if act is Act.LIST:
            counts[client] = counts.get(client, 0) + 1
    assert len(counts) == 60
    assert set(counts.values()) == {60}


def test_moments_and_sizes_are_even_and_have_nothing_to_do_with_each_other() -> None:
    mix = (Echo(size=Span(0, 99)),)
    plan = Plan(seed=1, clients=100, mix=mix, stages=(Stage(duration=100.0, rate=200.0),))
    events = [event for event in schedule(plan) if event[2] is Act.ECHO]
    cells = [[0] * 10 for _ in range(10)]
    for due, _, _, size, _ in events:
        assert size is not None
        cells[int((due - plan.begin) * 200 % 1 * 10)][size // 10] += 1
    expected = len(events) / 100
    chi_square = sum((count - expected) ** 2 / expected for row in cells for count in row)
    assert 50 < chi_square < 150  # 99 degrees of freedom: mean 99, standard deviation 14
