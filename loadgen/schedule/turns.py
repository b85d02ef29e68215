"""Whose message falls due when, for the senders that share the stages' rate. Pure.

Turns are numbered through all stages. Turn n falls due at a moment drawn from between n and n + 1, so that
the rate is kept in every stretch of time and yet nothing beats in step with the server. Each round has a turn
for every sender, in an order of its own. A shard makes its own senders' turns, and nobody else's; of the
numbers drawn for a round, 4 bytes for a turn, it passes over the others'.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from hashlib import shake_128
from itertools import repeat
from math import sqrt

from loadgen.scenario.plan import Plan
from loadgen.schedule.cast import Cast
from loadgen.schedule.chance import Shuffle, key
from loadgen.schedule.events import Event, Shard
from loadgen.schedule.flow import Stretch, stretches
from loadgen.schedule.senders import Senders

_ROUNDING = 1e-6
"""Of a turn: 0.1 messages a second for 30 s are three."""
_UNIT = 2.0**-32


def turns(plan: Plan, cast: Cast, shard: Shard, begin: float) -> Iterator[Event]:
    """In order of time; the first stage begins at `begin`. A turn that is not whole at the end is not due."""
    whole = int(sum(stage.messages for stage in plan.stages) + _ROUNDING)
    senders = Senders(plan, cast, shard) if whole else None
    if senders is None or not senders.voices:
        return iter(())
    return _events(plan.seed, senders, whole, stretches(plan.stages, begin))


def _events(seed: int, senders: Senders, whole: int, course: list[Stretch]) -> Iterator[Event]:
    """The hot loop: written out, and no list of events, which would keep the garbage collector busy."""
    voices, total = senders.voices, senders.total
    stretch = iter(course)
    begin, before, last, rate, square, double = next(stretch)
    for first in range(0, whole, total):
        base = key(seed, "round", first // total)
        drawn = _drawn(base, total)
        for place, sender in _order(senders, Shuffle(total, base), min(total, whole - first)):
            x = drawn[place]
            moment = first + place + x * _UNIT
            while moment >= last:
                begin, before, last, rate, square, double = next(stretch)
            beyond = moment - before
            if not double:
                due = begin + beyond / rate
            elif beyond:
                due = begin + 2 * beyond / (rate + sqrt(abs(square + double * beyond)))
            else:
                due = begin
            client, act, least, kinds, peer, others = voices[sender]
            size = (
                None if least is None else least + x % kinds
            )  # its low digits: the moment is in the high ones
            yield due, client, act, size, peer
            for receiver in others:
                yield due, client, act, size, receiver


def _order(senders: Senders, shuffle: Shuffle, places: int) -> Iterator[tuple[int, int]]:
    """The first `places` of a round, as far as they are these senders', each with its sender's index."""
    own, total = len(senders.voices), senders.total
    if own == total:
        return zip(range(places), map(total.__rmod__, shuffle.numbers), strict=False)
    times, add = shuffle.times, shuffle.add
    packed = sorted([(times * one + add) % total * own + i for i, one in enumerate(senders.numbers)])
    del packed[bisect_left(packed, places * own) :]
    return map(divmod, packed, repeat(own))


def _drawn(base: int, count: int) -> array[int]:
    """A number below 2**32 for each place of a round."""
    numbers = array("I", shake_128(base.to_bytes(8)).digest(4 * count))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
