"""When each client falls due to connect. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.scenario.acts import Act
from loadgen.scenario.plan import Plan
from loadgen.schedule.chance import key, share
from loadgen.schedule.events import Event, Shard


class Arrivals:
    """The ramp's shape, asked for any client by itself."""

    def __init__(self, plan: Plan) -> None:
        self._ramp = plan.ramp
        self._clients = plan.ramping
        self._seconds = plan.ramp.seconds(plan.ramping)
        self._key = key(plan.seed, "arrival")

    def due(self, client: int) -> float:
        """Seconds from the start.

        Poisson arrivals, given that there are n of them in a time, are n moments independent of each other,
        even in that time: so nobody's depends on who came before. Here there are always n.
        """
        ramp = self._ramp
        if ramp.shape == "steps":
            return (client // (ramp.each or self._clients)) * ramp.every
        if ramp.shape == "poisson":
            return share(self._key, client) * self._seconds
        return client / ramp.rate

    def events(self, shard: Shard) -> Iterator[Event]:
        """The connects of this shard's clients, in order of time."""
        own = shard.clients(self._clients)
        if self._ramp.shape == "poisson":
            return iter(sorted((self.due(client), client, Act.CONNECT, None, None) for client in own))
        return ((self.due(client), client, Act.CONNECT, None, None) for client in own)
