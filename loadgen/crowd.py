"""The clients: how they come, go and come back, and what becomes of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf
from time import monotonic

from cloudserver import session as cloud
from loadgen import dialling, trouble
from loadgen.books import Books
from loadgen.company import Company
from loadgen.connection import Connection
from loadgen.gate import Gate
from loadgen.ledger import Ledger
from loadgen.pacing import beat
from loadgen.roles import keys, registering
from loadgen.roles.casting import Casting
from loadgen.roles.client import Client, Context, State, is_slow
from loadgen.roles.discoveries import Discoveries
from loadgen.roles.ids import Ids
from loadgen.roles.lines import Lines
from loadgen.roles.lists import Lists
from loadgen.roles.pings import Pings
from loadgen.roles.returns import Returns
from loadgen.scenario.acts import Act
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Event, Shard
from loadgen.schedule.parts import identity
from loadgen.selfwatch import until
from loadgen.shard import places
from loadgen.tally import Operation
from loadgen.ws.dial import Dialer
from loadgen.ws.reactor import Reactor

_FAREWELL_WITHIN = 1.0
"""Seconds for the goodbye of a client that goes before the end."""
_LEAVE_TICK = 0.01


class Crowd(Company):
    """Cloud Clients. What happens goes to `books`."""

    def __init__(self, plan: Plan, shard: Shard, books: Books, dialer: Dialer) -> None:
        super().__init__(len(shard.clients(plan.ramping)))
        self.books = books
        self._plan = plan
        self._casting = Casting(plan, shard)
        self._context = Context(plan, books, dialer)
        pending = places(plan.limits.pending, shard)
        self._gate: Gate[Connection] = Gate(pending, plan.limits.registered_within, self._start, self._late)
        self._open: dict[int, Connection] = {}
        self._went: dict[int, float] = {}  # when who is away left
        self._farewells: deque[tuple[float, Connection]] = deque()
        self._leaving = False
        self._returns = Returns(plan, self._come_back)
        self.persistent = self._returns.wanted
        self._lists, self._pings = Lists(self._context), Pings(self._context)
        self._discoveries, self._lines = Discoveries(self._context), Lines(self._context)
        self._acts: dict[Act, Callable[[float, int, int | None, int | None], None]] = {
            Act.CONNECT: self._join,
            Act.DUPLICATE: self._double,
            Act.LIST: self._lists.ask,
            Act.DISCOVERY: self._discoveries.ask,
            Act.VPN: self._lines.ask,
            Act.RELAY: self._lines.say,
            Act.LEAVE: self._leave_early,
            Act.DROP: self._drop,
            Act.RETURN: self._return,
        }

    @classmethod
    async def gathered(cls, plan: Plan, part: Shard, ledger: Ledger, reactor: Reactor) -> Crowd:
        """See `Kind`."""
        books = Books(ledger, Ids(plan.seed, part.index).new)
        return cls(plan, part, books, await dialling.dialer(plan, reactor))

    def __len__(self) -> int:
        return len(self._open)

    def act(self, due: float, event: Event) -> None:
        """See `Company`."""
        _, client, act, size, peer = event
        self._acts[act](due, client, size, peer)

    def tick(self) -> float:
        """See `Company`: who pings or reads in its turn, who expires, and who comes back."""
        now = monotonic()
        self._expire(now)
        if not self.hushed:
            self._pings.tick(now)
        self._returns.tick(now)
        return min(self._lists.tick(now), beat(now))

    def _expire(self, now: float) -> None:
        self._gate.expire(now)
        self._discoveries.expire(now)
        while self._farewells and self._farewells[0][0] <= now:
            self._farewells.popleft()[1].cut(trouble.NO_GOODBYE)

    async def leave(self, within: float) -> None:
        """See `Company`."""
        self._leaving = True
        self._discoveries.close()
        self._lines.close(at_once=False)
        for connection, begun in self._gate.clear():
            if begun:
                connection.cut()
            else:
                self.books.accounts[connection.operation].unsent()
        for connection in list(self._open.values()):
            connection.leave()
        deadline = monotonic() + within
        while (self._open or self._lines.live) and monotonic() < deadline:
            await until(monotonic() + _LEAVE_TICK)
        self._lines.close(at_once=True)
        for connection in (*self._open.values(), *(connection for _, connection in self._farewells)):
            connection.cut()

    def registered(self, connection: Connection, event: cloud.Registered) -> None:
        """See `Host`."""
        client = self._context.clients[connection.client]
        now = monotonic()
        if connection.operation is Operation.CONNECT:
            self.registered_ever += 1
        elif self._returns.back(client.number):
            self.lost -= 1
        else:
            self.departed -= 1
        client.state = State.THERE
        self._open[client.number] = connection
        registering.begin(self._context, client, event, now - self._went.pop(client.number, now))
        self._pings.begin(client, now)
        self._lists.begin(client)
        self._gate.leave(connection)
        self._look_around()

    def failed(self, connection: Connection, kind: str) -> None:
        """See `Host`."""
        self._count_failure(connection, kind)
        self._farewells.append((monotonic() + _FAREWELL_WITHIN, connection))
        self._gate.leave(connection)

    def heard(self, connection: Connection, event: cloud.Event) -> None:
        """See `Host`."""
        client = self._context.clients[connection.client]
        if isinstance(event, cloud.ComponentRegistered | cloud.ComponentRefused):
            registering.go_on(client)
        else:
            self._lines.heard(client, event)

    def gone(self, connection: Connection, kind: str | None) -> None:
        """See `Host`."""
        client = self._context.clients[connection.client]
        if self._open.get(client.number) is not connection:  # it had left, or dropped
            if kind not in {None, trouble.CUT} and not self._leaving:
                self.books.error(kind or trouble.DROPPED)
            return
        del self._open[client.number]
        self._lines.gone(client)
        if self._leaving:
            self.left += kind is None
        elif connection.parting and kind == trouble.closed(1000):  # another came with its identity
            self._depart(client, graceful=True)
        else:
            client.state, client.graceful = State.GONE, trouble.is_closed(kind)
            self._went[client.number] = -inf  # what it had there, nobody has promised to keep
            self.lost += 1
            self._returns.lost(client.number, monotonic())
            self.books.error(kind or trouble.DROPPED)
        self._look_around()

    def _join(self, due: float, number: int, _: int | None = None, peer: int | None = None) -> None:
        """The client comes for the first time, with the identity of `peer` if there is one."""
        own, who, pair = self._casting.take(number)
        if peer is not None:
            who = identity(self._plan, peer)
            pair = keys.client_keys(who)
        connection = Connection(number, pair, self.books, self, slow=is_slow(own))
        self._context.clients[number] = Client(number, own, who, connection)
        self.books.accounts[Operation.CONNECT].scheduled()
        self._gate.arrive(due, connection)

    def _double(self, due: float, number: int, _: int | None, peer: int | None) -> None:
        """Another client comes with the peer's identity: the server ends the peer's connection by 1000."""
        assert peer is not None  # noqa: S101 - the schedule has one for every duplicate
        other = self._context.there(peer)
        if other is not None:
            other.connection.parting = True
        self._join(due, number, None, peer)

    def _leave_early(self, _: float, number: int, __: int | None, ___: int | None) -> None:
        """By 1000, in the middle of the run, if it is registered."""
        client = self._context.there(number)
        if client is not None:
            connection = self._part(client, graceful=True)
            connection.leave()
            self._farewells.append((monotonic() + _FAREWELL_WITHIN, connection))

    def _drop(self, _: float, number: int, __: int | None, ___: int | None) -> None:
        """Without a word, if it is registered."""
        client = self._context.there(number)
        if client is not None:
            self._part(client, graceful=False).cut()

    def _part(self, client: Client, *, graceful: bool) -> Connection:
        connection = self._open.pop(client.number)
        connection.parting = True
        self._lines.gone(client)
        self._depart(client, graceful=graceful)
        return connection

    def _depart(self, client: Client, *, graceful: bool) -> None:
        client.state, client.graceful = State.AWAY, graceful
        self.departed += 1
        self._went[client.number] = monotonic()

    def _return(self, due: float, number: int, _: int | None, __: int | None) -> None:
        """The client comes back, if it had gone as planned."""
        account = self.books.accounts[Operation.RECONNECT]
        account.scheduled()
        client = self._context.clients.get(number)
        if client is None or client.state is not State.AWAY:
            account.unsent()
            self.books.error(trouble.NOT_AWAY)
            return
        self._connect_again(due, client)

    def _come_back(self, due: float, number: int) -> None:
        """The client comes back that was lost."""
        self.books.accounts[Operation.RECONNECT].scheduled()
        self._connect_again(due, self._context.clients[number])

    def _connect_again(self, due: float, client: Client) -> None:
        client.state = State.COMING
        own = keys.client_keys(client.identity)
        again = Connection(
            client.number, own, self.books, self, Operation.RECONNECT, slow=is_slow(client.part)
        )
        client.connection = again
        self._gate.arrive(due, again)

    def _start(self, connection: Connection, due: float) -> None:
        connection.connect(self._context.dialer.dial, due)

    def _late(self, connection: Connection, begun: bool) -> None:  # noqa: FBT001 - what Gate calls
        if begun:
            connection.give_up()
        else:
            self.books.accounts[connection.operation].unsent()
            self._count_failure(connection, trouble.NOT_STARTED)

    def _count_failure(self, connection: Connection, kind: str) -> None:
        self.books.error(kind)
        self._context.clients[connection.client].state = State.GONE
        if connection.operation is Operation.CONNECT:
            self.failures += 1
        elif not self._returns.lost(connection.client, monotonic()):
            self.departed -= 1
            self.lost += 1
        self._look_around()
