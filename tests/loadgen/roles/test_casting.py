"""What is made for several clients at once is what one alone would get."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadgen.roles.casting import Casting
from loadgen.roles.keys import client_keys
from loadgen.scenario.plan import Plan
from loadgen.schedule.cast import Cast
from loadgen.schedule.events import Shard
from loadgen.schedule.parts import identity, part
from support.plans import plans


@given(plans, st.integers(1, 5), st.randoms(use_true_random=False), st.data())
def test_in_any_order_each_gets_its_own(plan: Plan, of: int, random, data: st.DataObject) -> None:
    shard = Shard(data.draw(st.integers(0, of - 1)), of)
    casting, cast = Casting(plan, shard), Cast(plan)
    clients = list(shard.clients(plan.clients))
    if data.draw(st.booleans()):
        random.shuffle(clients)
    for client in clients:
        who = identity(plan, client)
        assert casting.take(client) == (part(plan, cast, client), who, client_keys(who))
