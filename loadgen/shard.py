"""Which clients and messages of a plan are one worker's, whatever the others do. Pure.

Those whose number, counted from 0, modulo the number of shards is the shard's. The shards of a plan are the
whole plan, and no two have anything in common.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

import msgspec

from loadgen import pacing
from loadgen.plan import Plan
from loadgen.schedule.events import Shard

T = TypeVar("T")

WHOLE = Shard()


def parse(text: str) -> Shard:
    """A shard as people write it, `I/N`; ValueError, with what is wrong, for anything else."""
    index, slash, of = text.partition("/")
    if not (slash and index.isdecimal() and of.isdecimal() and int(index) < int(of)):
        raise ValueError(f"{text!r} is no shard: it must be like 0/2, from 0/2 to 1/2")
    return Shard(int(index), int(of))


def part(plan: Plan, shard: Shard) -> Plan:
    """The plan with this shard's number of clients, and its part of the connects on their way at once.

    Rates and times stay those of the whole: what falls due in a shard is chosen from the whole schedule.
    """
    return msgspec.structs.replace(
        plan, connections=_count(plan.connections, shard), pending=max(_count(plan.pending, shard), 1)
    )


def split(whole: Shard, count: int) -> list[Shard]:
    """A shard as `count` shards of its own."""
    return [Shard(whole.index + whole.of * number, whole.of * count) for number in range(count)]


def connects(plan: Plan, shard: Shard) -> Iterator[float]:
    """When each of this shard's clients falls due, in seconds from the start of the ramp."""
    return _choose(pacing.connects(plan.connections, plan.ramp), shard)


def messages(plan: Plan, shard: Shard) -> Iterator[tuple[float, float]]:
    """Messages of this shard and their senders' shares, in seconds from the start of the holding."""
    return _choose(pacing.messages(plan.rate, plan.duration, plan.seed), shard)


def _choose(whole: Iterator[T], shard: Shard) -> Iterator[T]:
    return islice(whole, shard.index, None, shard.of)


def _count(total: int, shard: Shard) -> int:
    return len(shard.clients(total))
