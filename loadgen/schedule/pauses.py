"""What recurs for a client after pauses of its own: messages with think times, going and coming. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

from loadgen.scenario.acts import Act
from loadgen.scenario.behaviours import Returner
from loadgen.scenario.plan import Plan
from loadgen.schedule.cast import Cast
from loadgen.schedule.chance import MASK, MIX, STEP, UNIT, key, share
from loadgen.schedule.events import Event, Shard
from loadgen.schedule.senders import Voice, every, think, voice

_MOST_CLIENTS = 2**20
Step = tuple[float, int, int]
"""When a client has its step of which number."""


def thinking(plan: Plan, cast: Cast, shard: Shard, begin: float) -> Iterator[Event]:
    """The messages of those that have a think time. The first comes after a part of a pause."""
    base, end = key(plan.seed, "think"), begin + plan.duration
    thinks = [think(one) for one in plan.mix]
    voices: dict[int, tuple[float, float, Voice]] = {}
    steps: list[Step] = []
    for client in shard.clients(plan.clients) if any(thinks) else ():
        behaviour, member = cast.role(client)
        if (one := thinks[behaviour]) is not None and member % every(plan.mix[behaviour]) == 0:
            voices[client] = one.least, one.most - one.least, voice(cast, client)
            steps.append((begin + share(base, client) * one.most, client, 1))
    heapq.heapify(steps)
    while steps and steps[0][0] < end:
        due, client, step = steps[0]
        shortest, width, (_, act, least, kinds, peer, others) = voices[client]
        x = ((step * _MOST_CLIENTS + client) * STEP + base) & MASK  # `share`, without the calls
        x = ((x ^ (x >> 32)) * MIX) & MASK
        x = (x ^ (x >> 29)) >> 11
        heapq.heapreplace(steps, (due + shortest + width * (x * UNIT), client, step + 1))
        size = None if least is None else least + x % kinds  # by its low digits, the pause by the high
        for receiver in (peer, *others):
            yield due, client, act, size, receiver


def returning(plan: Plan, cast: Cast, shard: Shard, begin: float) -> Iterator[Event]:
    """The going and coming back of returners: with steps 0, 2, 4 … they go, with 1, 3, 5 … they are back."""
    base = key(plan.seed, "return")
    returners: dict[int, Returner] = {}
    some = any(isinstance(one, Returner) for one in plan.mix)
    for client in shard.clients(plan.clients) if some else ():
        if isinstance(one := cast.behaviour(client), Returner):
            returners[client] = one

    def pause(client: int, step: int) -> float | None:
        one = returners[client]
        if step + 1 == 2 * one.times:
            return None
        span = one.after if step % 2 else one.away
        return span.at(share(base, (step + 1) * _MOST_CLIENTS + client))

    steps = [(begin + one.after.at(share(base, client)), client, 0) for client, one in returners.items()]
    for due, client, step in _walk(steps, pause, begin + plan.duration):
        gone = Act.LEAVE if returners[client].code == 1000 else Act.DROP  # noqa: PLR2004 - RFC 6455 §7.4.1
        yield due, client, Act.RETURN if step % 2 else gone, None, None


def _walk(steps: list[Step], pause: Callable[[int, int], float | None], end: float) -> Iterator[Step]:
    """All steps before the end, in order of time: after each the client's next, if it has one."""
    heapq.heapify(steps)
    while steps and steps[0][0] < end:
        due, client, step = steps[0]
        yield steps[0]
        after = pause(client, step)
        if after is None:
            heapq.heappop(steps)
        else:
            heapq.heapreplace(steps, (due + after, client, step + 1))
