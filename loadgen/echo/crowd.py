"""Echoes: how they come, who is open, how they go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf
from time import monotonic

from loadgen import dialling, trouble
from loadgen.company import Company
from loadgen.echo.client import Books, EchoClient
from loadgen.echo.letters import Letters
from loadgen.echo.socket import EchoSocket
from loadgen.gate import Gate
from loadgen.ledger import Ledger
from loadgen.scenario.behaviours import Echo
from loadgen.scenario.plan import Plan
from loadgen.schedule.cast import Cast
from loadgen.schedule.events import Event, Shard
from loadgen.selfwatch import until
from loadgen.shard import places
from loadgen.ticker import AT_ONCE
from loadgen.ws.frames import put
from loadgen.ws.reactor import Reactor
from loadgen.ws.socket import WebSocket

Dial = Callable[[EchoClient], WebSocket]
_TICK = 0.01


def _mix(plan: Plan) -> list[Echo]:
    """All of it: a plan with an echo has nobody else."""
    return [one for one in plan.mix if isinstance(one, Echo)]


class EchoCrowd(Company):
    """Whoever only sends, and waits for what comes back."""

    def __init__(self, plan: Plan, part: Shard, ledger: Ledger, dials: Sequence[Dial]) -> None:
        """`dials`: for each of the mix."""
        super().__init__(len(part.clients(plan.clients)))
        self._letters = Letters(_mix(plan), plan.seed)
        self._books = Books(ledger, self._letters.size)
        self._cast = Cast(plan)
        self._dials = dials
        self._open: dict[int, EchoClient] = {}
        pending, within = places(plan.limits.pending, part), plan.limits.registered_within
        self._gate: Gate[EchoClient] = Gate(pending, within, self._start, self._late)
        self._leaving = False

    @classmethod
    async def gathered(cls, plan: Plan, part: Shard, ledger: Ledger, reactor: Reactor) -> EchoCrowd:
        """See `Kind`."""
        dialers = [
            await dialling.dialer(
                plan, reactor, headers=one.headers, protocol=one.subprotocol, kind=EchoSocket
            )
            for one in _mix(plan)
        ]
        return cls(plan, part, ledger, [one.dial for one in dialers])

    def __len__(self) -> int:
        return len(self._open)

    def act(self, due: float, event: Event) -> None:
        """See `Company`. Outside of the stages there are only connects."""
        if not self.gave_up:
            self._books.connect.scheduled()
            self._gate.arrive(due, EchoClient(event[1], self._books, self))

    def stages(self, begin: float, events: Iterator[Event]) -> Iterator[float]:
        """See `Company`. In the stages there are only messages.

        All in one loop, without a call of client or account for each. Its one look at the clock is right
        before the system call.
        """
        books, client_of = self._books, self._open.get
        scheduled, lag, flying = books.echo.scheduled, books.lag, books.flying
        at_once = 0
        for (after, who, _act, size, _peer), (frame, at, mask) in self._letters.of(events):
            due = begin + after
            now = monotonic()
            if now < due or at_once == AT_ONCE:
                scheduled(at_once)
                yield due
                at_once = 0
                while (now := monotonic()) < due:
                    yield due
            at_once += 1
            client = client_of(who)
            if client is None:
                books.echo.unsent()
                books.error(trouble.NOBODY)
                continue
            client.last = number = client.last + 1
            flying[number] = due, now, size
            lag(now - due)
            put(frame, at, number ^ mask)
            client.socket.send(frame)  # type: ignore[union-attr] # it is open
        scheduled(at_once)

    def tick(self) -> float:
        """See `Company`. Once all are settled there is nothing more to do."""
        now = monotonic()
        self._gate.expire(now)
        return inf if self.settled.is_set() else now + _TICK

    async def leave(self, within: float) -> None:
        """See `Company`."""
        self._leaving = True
        for client, begun in self._gate.clear():
            if begun:
                client.cut()
            else:
                self._books.connect.unsent()
        for client in list(self._open.values()):
            client.close()
        deadline = monotonic() + within
        while self._open and monotonic() < deadline:
            await until(monotonic() + _TICK)
        for client in list(self._open.values()):
            client.cut()

    def opened(self, client: EchoClient) -> None:
        """See `Crowd`."""
        self.registered_ever += 1
        self._open[client.number] = client
        self._gate.leave(client)
        self._look_around()

    def gone(self, client: EchoClient, kind: str | None) -> None:
        """See `Crowd`."""
        if self._open.pop(client.number, None):
            if self._leaving:
                self.left += kind is None
                return
            self.lost += 1
        elif self._leaving:
            return  # it was still on its way
        else:
            self.failures += 1
            self._gate.leave(client)
        self._books.error(kind or trouble.DROPPED)
        self._look_around()

    def _start(self, client: EchoClient, due: float) -> None:
        behaviour, _ = self._cast.role(client.number)
        client.connect(self._dials[behaviour], due)

    def _late(self, client: EchoClient, begun: bool) -> None:  # noqa: FBT001 - what Gate calls
        if begun:
            client.give_up()
            return
        self._books.connect.unsent()
        self._books.error(trouble.NOT_STARTED)
        self.failures += 1
        self._look_around()
