"""Flags change the size of a plan, not its shape."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.scenario.acts import Act
from loadgen.scenario.behaviours import Echo
from loadgen.scenario.contradictions import contradictions
from loadgen.scenario.load import parse
from loadgen.scenario.overrides import Overrides, bare, overridden
from loadgen.scenario.plan import Plan
from loadgen.scenario.spans import Span
from loadgen.scenario.spell import toml
from loadgen.scenario.stages import Ramp, Stage
from loadgen.schedule.whole import schedule
from support.plans import plans


@given(plans, st.integers(1, 3600), st.integers(1, 10_000))
def test_stages_keep_their_proportions(plan: Plan, duration: int, rate: int) -> None:
    by = Overrides(duration=f"{duration}s", rate=f"{rate}/s")
    changed, wrong = overridden(plan, by)
    highest = max(max(stage.rate, stage.last_rate) for stage in plan.stages)
    if plan.duration < 1e-9 or highest < 1e-9:
        return
    assert wrong == []
    assert changed.duration == pytest.approx(duration)
    assert max(max(stage.rate, stage.last_rate) for stage in changed.stages) == pytest.approx(rate)
    for before, after in zip(plan.stages, changed.stages, strict=True):
        assert after.duration / changed.duration == pytest.approx(before.duration / plan.duration)
        assert after.rate / rate == pytest.approx(before.rate / highest)


def test_the_others_replace_what_the_plan_says() -> None:
    by = Overrides(seed=7, url="ws://[::1]:1", connections=9, ramp="30/m")
    changed, wrong = overridden(Plan(seed=1), by)
    assert wrong == []
    assert changed == Plan(seed=7, url="ws://[::1]:1", clients=9, ramp=Ramp(rate=0.5))
    assert overridden(changed, Overrides()) == (changed, [])


def test_echoes_have_flags_of_their_own() -> None:
    by = Overrides(
        size="8B-1KiB", subprotocol="v2", header=["A: b"], source=["127.0.0.2", "::1"], ca="/a.pem"
    )
    plan = Plan(seed=1, url="wss://[::1]:1", mix=(Echo(), Echo(think=Span(1, 2))))
    changed, wrong = overridden(plan, by)
    assert wrong == []
    assert (changed.sources, changed.ca) == (("127.0.0.2", "::1"), "/a.pem")
    echo = Echo(size=Span(8, 1024), subprotocol="v2", headers=(("A", "b"),))
    assert changed.mix == (echo, msgspec.structs.replace(echo, think=Span(1, 2)))
    assert parse(toml(changed), 1) == (changed, [])
    told = overridden(Plan(seed=1), by)[1]
    assert [line.split(":")[0] for line in told] == ["--size", "--subprotocol", "--header"]


def test_every_wrong_flag_is_told() -> None:
    plan = Plan(seed=1, ramp=Ramp(shape="steps", each=1), stages=(Stage(duration=0.0, rate=0.0),))
    by = Overrides(seed=-1, connections=0, ramp="1/s", duration="1s", rate="1/s")
    assert [line.split(":")[0] for line in overridden(plan, by)[1]] == [
        "--seed",
        "--connections",
        "--ramp",
        "--duration",
        "--rate",
    ]
    assert overridden(Plan(seed=1), Overrides(rate="a/s", duration="8d"))[1] == [
        "--duration: must be at most 7d, is 8d",
        "--rate: 'a/s' is not a number with one of the units /h, /m, /s (like '250/s')",
    ]


@given(
    st.integers(1, 300),
    st.floats(0.1, 1000),
    st.floats(0.01, 20),
    st.floats(0, 50),
    st.integers(0, 2**63 - 1),
)
def test_the_flags_of_always_are_a_plan(
    connections: int, ramp: float, duration: float, rate: float, seed: int
) -> None:
    texts = {"ramp": f"{ramp:f}/s", "duration": f"{duration:f}s", "rate": f"{rate:f}/s"}
    plan, wrong = overridden(bare(seed), Overrides(connections=connections, **texts))
    assert wrong == []
    assert list(contradictions(plan, {}, any_host=False)) == []
    acts = [act for _, _, act, *_ in schedule(plan)]
    assert acts.count(Act.CONNECT) == connections
    assert acts.count(Act.LIST) == pytest.approx(int(rate * duration), abs=1)
    assert plan.begin == pytest.approx(connections / ramp, rel=1e-4)
