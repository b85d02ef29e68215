"""Pings of all registered clients, each so often in a period as its behaviour says."""

from __future__ import annotations

from loadgen.connection import Connection
from loadgen.pacing import Agenda, beat
from loadgen.roles.client import Client, Context, is_slow
from loadgen.scenario.behaviours import Cloud
from loadgen.tally import Operation


class Pings:
    """Whose turn is when."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._accounts = context.books.accounts
        self._period = context.plan.limits.ping_period
        self._agenda: Agenda[Connection] = Agenda()

    def begin(self, client: Client, now: float) -> None:
        """The client is registered."""
        if client.part.first_ping is not None:
            self._agenda.add(now + client.part.first_ping, client.connection)

    def tick(self, now: float) -> None:
        """Let all ping whose turn it is, at every beat: no ping needs a moment of its own."""
        while turn := self._agenda.take(now):
            due, connection = turn
            client = self._context.on(connection)
            if client is None:
                continue
            behaviour = client.part.behaviour
            assert isinstance(behaviour, Cloud)  # noqa: S101 - nobody else has a first ping
            operation = Operation.SLOW_PING if is_slow(client.part) else Operation.PING
            self._accounts[operation].scheduled()
            connection.ping(min(beat(due), now), now)
            self._agenda.add(due + self._period / behaviour.pings, connection)
