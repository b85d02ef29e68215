from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen import pacing, shard
from loadgen.plan import Plan
from loadgen.schedule.events import Shard
from loadgen.shard import WHOLE

plans = st.builds(
    Plan,
    seed=st.integers(0, 2**32),
    connections=st.integers(1, 60),
    ramp=st.floats(1, 500),
    rate=st.floats(0, 100),
    duration=st.floats(0, 5),
    pending=st.integers(1, 60),
)


@given(plans, st.integers(1, 7))
def test_the_shards_of_a_plan_are_the_whole_plan_to_the_bit(plan: Plan, of: int):
    shards = shard.split(WHOLE, of)
    connects = [due for part in shards for due in shard.connects(plan, part)]
    messages = [message for part in shards for message in shard.messages(plan, part)]
    assert sorted(connects) == list(pacing.connects(plan.connections, plan.ramp))
    assert sorted(messages) == list(pacing.messages(plan.rate, plan.duration, plan.seed))
    assert sum(shard.part(plan, part).connections for part in shards) == plan.connections


@given(plans, st.integers(1, 7), st.integers(1, 4), st.data())
def test_a_shard_is_split_like_a_plan(plan: Plan, of: int, count: int, data: st.DataObject):
    whole = Shard(data.draw(st.integers(0, of - 1)), of)
    parts = shard.split(whole, count)
    assert sorted(due for part in parts for due in shard.connects(plan, part)) == list(
        shard.connects(plan, whole)
    )
    assert len(set(parts)) == count


@given(plans, st.integers(1, 7), st.data())
def test_a_part_has_as_many_clients_as_connects_and_a_place_for_one(plan: Plan, of: int, data: st.DataObject):
    part = Shard(data.draw(st.integers(0, of - 1)), of)
    own = shard.part(plan, part)
    assert own.connections == len(list(shard.connects(plan, part)))
    assert max(plan.pending // of, 1) <= own.pending <= plan.pending // of + 1
    assert (own.rate, own.duration, own.ramp, own.seed) == (plan.rate, plan.duration, plan.ramp, plan.seed)


@given(st.integers(1, 10**6), st.data())
def test_a_shard_is_read_as_people_write_it(of: int, data: st.DataObject):
    part = Shard(data.draw(st.integers(0, of - 1)), of)
    assert shard.parse(f"{part.index}/{part.of}") == part


@pytest.mark.parametrize("text", ["", "1", "2/2", "0/0", "-1/2", "1/2/3", "a/b", "0.5/2"])
def test_what_is_no_shard_is_told(text: str):
    with pytest.raises(ValueError, match="is no shard: it must be like 0/2"):
        shard.parse(text)
