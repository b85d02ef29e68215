"""Plans of every kind, as hypothesis makes them: small enough to look at every event."""

from __future__ import annotations

from hypothesis import strategies as st

from loadgen.scenario.behaviours import (
    Actor,
    Discoverer,
    Duplicate,
    Echo,
    Known,
    Leaver,
    Listener,
    Lister,
    Pair,
    Returner,
    SlowReader,
)
from loadgen.scenario.comeback import Return
from loadgen.scenario.plan import Plan
from loadgen.scenario.spans import Span
from loadgen.scenario.stages import Ramp, Stage

seeds = st.integers(0, 2**63 - 1)
weights = st.floats(0.1, 10)


def spans(least: float, most: float) -> st.SearchStrategy[Span]:
    return st.tuples(st.floats(least, most), st.floats(least, most)).map(lambda two: Span(min(two), max(two)))


def whole(least: int, most: int) -> st.SearchStrategy[Span]:
    numbers = st.integers(least, most)
    return st.tuples(numbers, numbers).map(lambda two: Span(min(two), max(two)))


pauses = spans(0, 20)
thinks = st.none() | spans(0.5, 20)
codes = st.sampled_from([1000, 1006])
services = whole(0, 15)
clouds: st.SearchStrategy[Known] = st.one_of(
    st.builds(Listener, weight=weights, services=services, pings=st.integers(0, 17)),
    st.builds(Lister, weight=weights, services=services, think=thinks),
    st.builds(Discoverer, weight=weights, think=thinks),
    st.builds(
        Pair,
        weight=weights,
        think=thinks,
        services=whole(1, 15),
        partners=st.integers(1, 4),
        size=whole(1, 5000),
        asks=pauses,
    ),
    st.builds(Actor, weight=weights, actors=whole(1, 5), photo=whole(0, 50_000)),
    st.builds(SlowReader, weight=weights, think=thinks, bite=st.integers(1, 10_000).map(float)),
    st.builds(Leaver, weight=weights, after=pauses, code=codes),
    st.builds(Returner, weight=weights, after=pauses, away=pauses, times=st.integers(1, 5), code=codes),
    st.builds(Duplicate, weight=weights, after=pauses),
)
echoes: st.SearchStrategy[Known] = st.builds(Echo, weight=weights, think=thinks, size=whole(8, 5000))
ramps = st.one_of(
    st.builds(Ramp, shape=st.sampled_from(["linear", "poisson"]), rate=st.floats(0.1, 1000)),
    st.builds(
        Ramp,
        shape=st.just("steps"),
        each=st.none() | st.integers(1, 50),
        every=st.floats(0.01, 10),
    ),
)
stages = st.builds(Stage, duration=st.floats(0, 6), rate=st.floats(0, 30), to=st.none() | st.floats(0, 30))
comebacks = st.builds(Return, first=st.floats(0.01, 10), most=st.floats(10, 3600), jitter=st.floats(0, 1))
plans = st.builds(
    Plan,
    seed=seeds,
    clients=st.integers(1, 60),
    ramp=ramps,
    settle=st.floats(0, 5),
    stages=st.lists(stages, min_size=1, max_size=3).map(tuple),
    mix=st.lists(clouds, min_size=1, max_size=5).map(tuple)
    | st.lists(echoes, min_size=1, max_size=3).map(tuple),
    comeback=st.none() | comebacks,
).filter(
    lambda plan: sum(plan.counts) == plan.clients and plan.ramping > 0 and not (plan.echoes and plan.comeback)
)
