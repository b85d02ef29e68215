"""Lists on the main connection, and those who take them slowly."""

from __future__ import annotations

from time import monotonic

from loadgen import trouble
from loadgen.connection import Connection
from loadgen.pacing import Agenda
from loadgen.roles.client import Client, Context, State, is_slow
from loadgen.scenario.behaviours import SlowReader
from loadgen.tally import Operation


class Lists:
    """Asks when it is due; `tick` lets slow readers take a bite."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._clients = context.clients
        self._accounts = context.books.accounts
        self._bites: Agenda[Connection] = Agenda()

    def ask(self, due: float, number: int, _: int | None, __: int | None) -> None:
        """The client asks for a list, if it is registered."""
        client = self._clients.get(number)
        operation = Operation.SLOW_LIST if client and is_slow(client.part) else Operation.LIST
        account = self._accounts[operation]
        account.scheduled()
        if client is None or client.state is not State.THERE:
            account.unsent()
            self._context.books.error(trouble.NOBODY)
        else:
            client.connection.ask(due, monotonic())

    def begin(self, client: Client) -> None:
        """The client is registered: from now on a slow reader is slow."""
        behaviour = client.part.behaviour
        if isinstance(behaviour, SlowReader):
            client.connection.slow_down()
            self._bites.add(monotonic() + behaviour.every, client.connection)

    def tick(self, now: float) -> float:
        """All take a bite whose turn it is; when the next one's is."""
        while turn := self._bites.take(now):
            due, connection = turn
            client = self._context.on(connection)
            if client is None:
                continue
            behaviour = client.part.behaviour
            assert isinstance(behaviour, SlowReader)  # noqa: S101 - nobody else begins
            connection.bite(int(behaviour.bite))
            self._bites.add(max(due + behaviour.every, now), connection)
        return self._bites.next
