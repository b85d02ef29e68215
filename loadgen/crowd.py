"""The clients: how they come, when they ping, what becomes of them."""

from __future__ import annotations

import asyncio
from collections import deque
from os import urandom
from random import Random
from time import monotonic
from uuid import uuid4

from cloudserver.session import Session, make_keys
from loadgen import trouble
from loadgen.connection import Books, Connection, Dial
from loadgen.gate import Gate
from loadgen.ledger import Ledger
from loadgen.pacing import Agenda, first_ping
from loadgen.plan import Plan
from loadgen.roster import Roster
from loadgen.selfwatch import until
from loadgen.tally import Operation

HOPELESS = 100
"""So many failures without one success, and the rest is not tried: there is no server."""
_FAREWELL_WITHIN = 1.0
"""Seconds for the goodbye of a client that could not register."""
_PING_TICK = 0.005
_LEAVE_TICK = 0.01


class Crowd:
    """All clients of a run. What happens goes to `ledger`."""

    def __init__(self, plan: Plan, ledger: Ledger, dial: Dial) -> None:
        self.registered_ever = self.failures = self.lost = self.left = 0
        """How many clients so far; who was lost was registered before, who left had the goodbye answered."""
        self.gave_up = False
        self.settled = asyncio.Event()
        """Every client has either been registered or failed."""
        self.forsaken = asyncio.Event()
        """Nobody is registered, and nobody will be."""
        self.books = Books(ledger)
        self._plan = plan
        self._dial = dial
        self._gate: Gate[Connection] = Gate(plan.pending, plan.registered_within, self._start, self._late)
        self._roster: Roster[Connection] = Roster()
        self._agenda: Agenda[Connection] = Agenda()
        self._farewells: deque[tuple[float, Connection]] = deque()
        self._random = Random(f"pings {plan.seed}")  # noqa: S311 - a schedule, not a secret
        self._leaving = False

    def __len__(self) -> int:
        return len(self._roster)

    def join(self, due: float, _: None = None) -> None:
        """Let the client come whose connect fell due at `due` (`time.monotonic`)."""
        self.books.connect.scheduled()
        self._gate.arrive(due, Connection(Session(make_keys(urandom), _new_id), self.books, self))

    def ask(self, due: float, share: float) -> None:
        """Send the message that fell due at `due` by the client at this share of the registered ones."""
        account = self.books.accounts[Operation.LIST]
        account.scheduled()
        connection = self._roster.pick(share)
        if connection is None:
            account.unsent()
            self.books.error(trouble.NOBODY)
        else:
            connection.ask(due, monotonic())

    def ping(self) -> float:
        """Let all ping whose turn it is; when to look again."""
        while turn := self._agenda.take(now := monotonic()):
            due, connection = turn
            if connection in self._roster:
                self.books.accounts[Operation.PING].scheduled()
                connection.ping(due, now)
                self._agenda.add(due + self._plan.ping_period, connection)
        return now + _PING_TICK

    def expire(self) -> None:
        """Whoever takes too long to register has failed, to say goodbye is cut; to be called now and then."""
        now = monotonic()
        self._gate.expire(now)
        while self._farewells and self._farewells[0][0] <= now:
            self._farewells.popleft()[1].cut()

    async def leave(self, within: float) -> None:
        """All go, in `within` seconds; whoever is not through with the goodbye by then is cut."""
        self._leaving = True
        for connection, begun in self._gate.clear():
            if begun:
                connection.cut()
            else:
                self.books.connect.unsent()
        for connection in list(self._roster):
            connection.leave()
        deadline = monotonic() + within
        while len(self._roster) and monotonic() < deadline:
            await until(monotonic() + _LEAVE_TICK)
        for connection in (*self._roster, *(connection for _, connection in self._farewells)):
            connection.cut()

    def registered(self, connection: Connection) -> None:
        """See `Host`."""
        self.registered_ever += 1
        self._roster.add(connection)
        first = first_ping(self._plan.ping_period, self._random.random())
        self._agenda.add(monotonic() + first, connection)
        self._gate.leave(connection)
        self._look_around()

    def failed(self, connection: Connection, kind: str) -> None:
        """See `Host`."""
        self._count_failure(kind)
        self._farewells.append((monotonic() + _FAREWELL_WITHIN, connection))
        self._gate.leave(connection)

    def gone(self, connection: Connection, kind: str | None) -> None:
        """See `Host`."""
        self._roster.remove(connection)
        if self._leaving:
            self.left += kind is None
            return
        self.lost += 1
        self.books.error(kind or trouble.DROPPED)
        self._look_around()

    def _start(self, connection: Connection, due: float) -> None:
        connection.connect(self._dial, due)

    def _late(self, connection: Connection, begun: bool) -> None:  # noqa: FBT001 - what Gate calls
        if begun:
            connection.give_up()
        else:
            self.books.connect.unsent()
            self._count_failure(trouble.NOT_STARTED)

    def _count_failure(self, kind: str) -> None:
        self.books.error(kind)
        self.failures += 1
        self._look_around()

    def _look_around(self) -> None:
        if self.registered_ever + self.failures == self._plan.connections:
            self.settled.set()
        elif self.failures >= HOPELESS and not self.registered_ever:
            self.gave_up = True
        if not len(self._roster) and (self.settled.is_set() or self.gave_up):
            self.forsaken.set()


def _new_id() -> str:
    return str(uuid4())
