"""Who sends messages, and to whom: those that share the stages' rate are numbered without gaps. Pure."""

from __future__ import annotations

from array import array
from itertools import accumulate

from loadgen.scenario.acts import Act
from loadgen.scenario.behaviours import Echo, Known, Pair, Sender
from loadgen.scenario.mix import group
from loadgen.scenario.plan import Plan
from loadgen.scenario.spans import Span
from loadgen.schedule.cast import Cast
from loadgen.schedule.events import Shard
from loadgen.schedule.messages import message

Voice = tuple[int, Act, int | None, int, int | None, tuple[int, ...]]
"""A sender: its client, the parts of its `Message`, the client to which it goes, and to which others, too."""


def every(behaviour: Known) -> int:
    """Of so many clients who belong together one sends: in a larger group than a pair only the first."""
    return group(behaviour) if isinstance(behaviour, Pair) and behaviour.partners > 1 else 1


def think(behaviour: Known) -> Span | None:
    """Its own pace, if it has one."""
    return behaviour.think if isinstance(behaviour, Sender | Echo) else None


def voice(cast: Cast, client: int) -> Voice:
    """One sender's."""
    one = cast.behaviour(client)
    act, least, kinds = message(one)
    peer, *others = cast.peers(client) if isinstance(one, Pair) else (None,)
    return client, act, least, kinds, peer, tuple(others)


class Senders:
    """Those of one shard that share the stages' rate."""

    def __init__(self, plan: Plan, cast: Cast, shard: Shard) -> None:
        step = [every(one) for one in plan.mix]
        shares = [one.sends and think(one) is None for one in plan.mix]
        *begins, total = accumulate(
            (count // step[i] if shares[i] else 0 for i, count in enumerate(plan.counts)), initial=0
        )
        self.total = total
        """Of all shards."""
        found = []
        for client in shard.clients(plan.clients) if total else ():
            behaviour, member = cast.role(client)
            number, beside = divmod(member, step[behaviour])
            if shares[behaviour] and not beside:
                found.append((begins[behaviour] + number, client))
        found.sort()
        self.numbers = array("q", (number for number, _ in found))
        """Each from 0 to `total` - 1, of this shard's …"""
        self.voices = [voice(cast, client) for _, client in found]
        """… and who that is."""
