"""How many sockets a part of a plan has open at once, at most. Pure."""

from __future__ import annotations

from loadgen.scenario.behaviours import Discoverer, Pair
from loadgen.scenario.mix import group
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard


def sockets(plan: Plan, shard: Shard) -> int:
    """One for each client; one more for a discoverer, and two more for each VPN."""
    more = 0
    for one, count in zip(plan.mix, plan.counts, strict=True):
        if isinstance(one, Pair):
            more += count // group(one) * one.partners * 2
        elif isinstance(one, Discoverer):
            more += count
    return len(shard.clients(plan.clients)) + len(shard.clients(more))
