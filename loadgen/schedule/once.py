"""What happens once in a client's life beside its connect: asking for VPNs, leaving, a second login. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.scenario.acts import Act
from loadgen.scenario.behaviours import Duplicate, Leaver, Pair
from loadgen.scenario.plan import Plan
from loadgen.schedule.cast import Cast
from loadgen.schedule.chance import hashed, key, share
from loadgen.schedule.events import Event, Shard
from loadgen.schedule.ramp import Arrivals


def asks(plan: Plan, cast: Cast, shard: Shard) -> list[Event]:
    """Who of this shard asks for a VPN when, in order of time: that follows the ramp, not the stages."""
    base = key(plan.seed, "once")
    arrivals = Arrivals(plan)
    found: list[Event] = []
    some = any(isinstance(one, Pair) for one in plan.mix)
    for client in shard.clients(plan.clients) if some else ():
        one = cast.behaviour(client)
        if isinstance(one, Pair):
            found += _asks(one, client, cast, arrivals, base)
    return sorted(found)


def once(plan: Plan, cast: Cast, shard: Shard, begin: float) -> list[Event]:
    """The rest of this shard, in order of time; nothing at or after the end of the last stage."""
    base = key(plan.seed, "once")
    found: list[Event] = []
    some = any(isinstance(one, Leaver | Duplicate) for one in plan.mix)
    for client in shard.clients(plan.clients) if some else ():
        one = cast.behaviour(client)
        drawn = share(base, client)
        if isinstance(one, Leaver):
            act = Act.LEAVE if one.code == 1000 else Act.DROP  # noqa: PLR2004 - RFC 6455 §7.4.1
            found.append((begin + one.after.at(drawn), client, act, None, None))
        elif isinstance(one, Duplicate):
            peer = hashed(base, -1 - client) % plan.ramping
            found.append((begin + one.after.at(drawn), client, Act.DUPLICATE, None, peer))
    return sorted(event for event in found if event[0] < begin + plan.duration)


def _asks(one: Pair, client: int, cast: Cast, arrivals: Arrivals, base: int) -> Iterator[Event]:
    """Of the first of a group, one for each other."""
    first, *others = cast.group(client)
    if client == first:
        there = max(map(arrivals.due, (first, *others)))
        for peer in others:
            yield there + one.asks.at(share(base, peer)), client, Act.VPN, None, peer
