"""The schedule: everything that falls due, in order of time. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from loadgen.scenario.acts import Act
from loadgen.scenario.plan import Plan
from loadgen.schedule.cast import Cast
from loadgen.schedule.events import Event, Shard
from loadgen.schedule.once import asks, once
from loadgen.schedule.pauses import returning, thinking
from loadgen.schedule.ramp import Arrivals
from loadgen.schedule.turns import turns


def schedule(plan: Plan, shard: Shard | None = None, begin: float | None = None) -> Iterator[Event]:
    """What falls due for the clients of this shard; without one, for all.

    Times are seconds from the start. `begin` is where the first stage begins, if not where the plan says. The
    memory that it takes grows with the shard's clients, about 150 bytes for each, and not with the run.
    """
    shard = shard or Shard()
    begin = plan.begin if begin is None else begin
    end = begin + plan.duration
    first = (event for event in opening(plan, shard) if event[2] is Act.CONNECT or event[0] < end)
    return _merged(stages(plan, shard, begin), first)


def opening(plan: Plan, shard: Shard) -> Iterator[Event]:
    """The ramp, and what follows it and not the stages: who connects when, and asks for VPNs."""
    return _merged(Arrivals(plan).events(shard), iter(asks(plan, Cast(plan), shard)))


def stages(plan: Plan, shard: Shard, begin: float) -> Iterator[Event]:
    """All the rest; the first stage begins at `begin`, which is known only when the ramp is over."""
    cast = Cast(plan)
    others = heapq.merge(
        once(plan, cast, shard, begin),
        thinking(plan, cast, shard, begin),
        returning(plan, cast, shard, begin),
    )
    return _merged(turns(plan, cast, shard, begin), others)


def _merged(most: Iterator[Event], others: Iterator[Event]) -> Iterator[Event]:
    """Both in one order. The first has most of the events, and is left alone once the others are over."""
    other = next(others, None)
    while other is not None:
        for event in most:
            while other is not None and other < event:
                yield other
                other = next(others, None)
            yield event
            if other is None:
                break
        else:
            yield other
            yield from others
            return
    yield from most
