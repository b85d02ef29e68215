"""How a part of a plan is named, and made into smaller parts. Pure.

The clients of a part are those whose number, counted from 0, modulo the number of shards is the shard's. The
shards of a plan are the whole plan, and no two have anything in common.
"""

from __future__ import annotations

from loadgen.schedule.events import Shard

WHOLE = Shard()


def parse(text: str) -> Shard:
    """A shard as people write it, `I/N`; ValueError, with what is wrong, for anything else."""
    index, slash, of = text.partition("/")
    if not (slash and index.isdecimal() and of.isdecimal() and int(index) < int(of)):
        raise ValueError(f"{text!r} is no shard: it must be like 0/2, from 0/2 to 1/2")
    return Shard(int(index), int(of))


def split(whole: Shard, count: int) -> list[Shard]:
    """A shard as `count` shards of its own."""
    return [Shard(whole.index + whole.of * number, whole.of * count) for number in range(count)]


def places(pending: int, shard: Shard) -> int:
    """Its part of the connects on their way at once, at least one."""
    return max(len(shard.clients(pending)), 1)
