"""What is known of each client before it comes: its part and who it is. Pure.

Made for a few of them at a time: a client every few milliseconds finds the processor's caches cold, and one
alone costs five times what it does among others.
"""

from __future__ import annotations

from typing import NamedTuple

from cloudserver.session import ClientKeys
from loadgen.roles import keys
from loadgen.scenario.plan import Plan
from loadgen.schedule.cast import Cast
from loadgen.schedule.events import Shard
from loadgen.schedule.parts import Part, identity, part

_PIECE = 32
"""Clients at once: some 0.3 ms, so that nobody is late for it."""


class Known(NamedTuple):
    """Of one client."""

    part: Part
    identity: int
    keys: ClientKeys


class Casting:
    """The clients of one shard, each to be taken once; cheapest in the order of their numbers."""

    def __init__(self, plan: Plan, shard: Shard) -> None:
        self._plan = plan
        self._cast = Cast(plan)
        self._clients = shard.clients(plan.clients)
        self._known: dict[int, Known] = {}

    def take(self, client: int) -> Known:
        """What is known of it."""
        known = self._known.pop(client, None)
        if known is None:  # nor is any of its piece
            place = self._clients.index(client) // _PIECE * _PIECE
            self._known.update((one, self._make(one)) for one in self._clients[place : place + _PIECE])
            known = self._known.pop(client)
        return known

    def _make(self, client: int) -> Known:
        who = identity(self._plan, client)
        return Known(part(self._plan, self._cast, client), who, keys.client_keys(who))
