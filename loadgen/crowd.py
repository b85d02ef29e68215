"""The clients: how they come, when they ping, what becomes of them."""

from __future__ import annotations

import asyncio
from os import urandom
from random import Random
from time import monotonic
from uuid import uuid4

from cloudserver.session import Session, make_keys
from loadgen import trouble
from loadgen.connection import Connection, Dialer
from loadgen.ledger import Ledger
from loadgen.pacing import Agenda, first_ping
from loadgen.plan import Plan
from loadgen.roster import Roster
from loadgen.tally import Operation
from loadgen.trouble import Trouble

HOPELESS = 100
"""So many failures without one success, and the rest is not tried: there is no server."""
_FAREWELL_WITHIN = 1.0
"""Seconds for the goodbye of a client that could not register."""
_PING_TICK = 0.005


class Crowd:
    """All clients of a run. Their tasks run in `group`, what happens goes to `ledger`."""

    def __init__(self, plan: Plan, ledger: Ledger, dialer: Dialer, group: asyncio.TaskGroup) -> None:
        self.registered = self.failed = self.lost = 0
        """How many clients so far; a lost one was registered before."""
        self.gave_up = False
        self.settled = asyncio.Event()
        """Every client has either been registered or failed."""
        self.forsaken = asyncio.Event()
        """Nobody is registered, and nobody will be."""
        self._plan = plan
        self._ledger = ledger
        self._dialer = dialer
        self._group = group
        self._roster: Roster[Connection] = Roster()
        self._agenda: Agenda[Connection] = Agenda()
        self._random = Random(f"pings {plan.seed}")  # noqa: S311 - a schedule, not a secret
        self._pending = asyncio.Semaphore(plan.pending)
        self._leaving = False
        self._tasks: list[tuple[Connection, asyncio.Task[None]]] = []

    def __len__(self) -> int:
        return len(self._roster)

    def join(self, due: float) -> None:
        """Start the client whose connect fell due at `due` (`time.monotonic`)."""
        session = Session(make_keys(urandom), lambda: str(uuid4()))
        connection = Connection(self._dialer, session, self._ledger)
        self._tasks.append((connection, self._group.create_task(self._live(connection, due))))

    def pick(self, share: float) -> Connection | None:
        """A registered client; see `Roster.pick`."""
        return self._roster.pick(share)

    async def ping(self) -> None:
        """Let each client ping when its turn is, for ever."""
        while True:
            while turn := self._agenda.take(monotonic()):
                due, connection = turn
                if connection in self._roster:
                    self._ledger.accounts[Operation.PING].scheduled()
                    connection.ping(due)
                    self._agenda.add(due + self._plan.ping_period, connection)
            await asyncio.sleep(_PING_TICK)

    async def leave(self, within: float) -> int:
        """All go, in `within` seconds: how many of them in good order. Whoever is not through yet is cut."""
        self._leaving = True
        for connection, life in self._tasks:
            if connection not in self._roster:
                life.cancel()
        goodbyes = [self._group.create_task(connection.leave()) for connection in self._roster]
        if goodbyes:
            await asyncio.wait(goodbyes, timeout=within)
        good = sum(goodbye.done() and goodbye.result() for goodbye in goodbyes)
        for task in (*goodbyes, *(life for _, life in self._tasks)):
            task.cancel()
        return good

    async def _live(self, connection: Connection, due: float) -> None:
        """One client, from its connect to its end."""
        try:
            await self._open(connection, due)
        except Trouble as failure:
            self._count_failure(failure)
            await self._farewell(connection)
            return
        except asyncio.CancelledError:
            connection.drop()
            raise
        self._welcome(connection)
        kind = await connection.ended()
        self._roster.remove(connection)
        if kind is not None and not self._leaving:
            self._count_loss(kind)

    async def _open(self, connection: Connection, due: float) -> None:
        """Connect and register before the deadline, which counts from `due` like all waiting."""
        account = self._ledger.accounts[Operation.CONNECT]
        account.scheduled()
        started = None
        try:
            async with asyncio.timeout(due + self._plan.registered_within - monotonic()), self._pending:
                started = monotonic()
                account.sent(due, started)
                await connection.open()
                account.answered(due, started, monotonic())
        except (TimeoutError, Trouble) as failure:
            if started is None:
                raise Trouble(trouble.NOT_STARTED) from failure
            account.lost()
            raise failure if isinstance(failure, Trouble) else Trouble(connection.missing) from failure
        finally:
            if started is None:
                account.unsent()

    def _welcome(self, connection: Connection) -> None:
        self.registered += 1
        self._roster.add(connection)
        first = first_ping(self._plan.ping_period, self._random.random())
        self._agenda.add(monotonic() + first, connection)
        self._look_around()

    def _count_failure(self, failure: Trouble) -> None:
        self._ledger.error(str(failure))
        self.failed += 1
        self._look_around()

    def _count_loss(self, kind: str) -> None:
        self._ledger.error(kind)
        self.lost += 1
        self._look_around()

    def _look_around(self) -> None:
        if self.registered + self.failed == self._plan.connections:
            self.settled.set()
        elif self.failed >= HOPELESS and not self.registered:
            self.gave_up = True
        if not self._roster and (self.settled.is_set() or self.gave_up):
            self.forsaken.set()

    async def _farewell(self, connection: Connection) -> None:
        """A close code 1000 even from who could not register: anything else leaks a thread there."""
        try:
            async with asyncio.timeout(_FAREWELL_WITHIN):
                await connection.leave()
        except TimeoutError:
            pass  # cut now; its failure is counted already
