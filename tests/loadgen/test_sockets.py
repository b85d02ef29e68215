from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadgen import shard
from loadgen.scenario.behaviours import Discoverer, Lister, Pair
from loadgen.scenario.plan import Plan
from loadgen.sockets import sockets
from support.plans import plans


@given(plans, st.integers(1, 5))
def test_shards_need_together_what_the_whole_needs(plan: Plan, of: int) -> None:
    whole = sockets(plan, shard.WHOLE)
    assert whole >= plan.clients
    assert sum(sockets(plan, part) for part in shard.split(shard.WHOLE, of)) == whole


def test_a_vpn_has_two_ends_and_a_discovery_one_connection() -> None:
    mix = (Lister(), Discoverer(), Pair(), Pair(partners=4))
    plan = Plan(seed=1, clients=40, mix=mix)
    assert plan.counts == (10, 10, 10, 10)
    assert sockets(plan, shard.WHOLE) == 40 + 10 + 5 * 2 + 2 * 8
