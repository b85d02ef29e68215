"""The clients of an echo run: how they come, who is open, how they go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from time import monotonic

from loadgen import trouble
from loadgen.echo.client import Books, EchoClient
from loadgen.echo.plan import EchoPlan
from loadgen.gate import HOPELESS, Gate
from loadgen.roster import Roster
from loadgen.selfwatch import until
from loadgen.ticker import AT_ONCE
from loadgen.ws.frames import put
from loadgen.ws.socket import WebSocket

_LEAVE_TICK = 0.01


class EchoCrowd:
    """All clients of a run."""

    def __init__(self, plan: EchoPlan, books: Books, dial: Callable[[EchoClient], WebSocket]) -> None:
        self.opened_ever = self.failed = self.lost = self.left = 0
        """How many so far; a lost one was open before, one that left had its goodbye answered."""
        self.gave_up = False
        self.settled = asyncio.Event()
        """Every client has either been open or failed."""
        self.forsaken = asyncio.Event()
        """Nobody is open, and nobody will be."""
        self.open: Roster[EchoClient] = Roster()
        self._plan = plan
        self._books = books
        self._dial = dial
        self._gate: Gate[EchoClient] = Gate(plan.pending, plan.opened_within, self._start, self._late)
        self._number = 0
        self._leaving = False

    def join(self, due: float, _: None = None) -> None:
        """Let the client come whose connect fell due at `due` (`time.monotonic`)."""
        if not self.gave_up:
            self._books.connect.scheduled()
            self._gate.arrive(due, EchoClient(self._number, self._books, self))
            self._number += 1

    def sends(self, begin: float, plan: Iterable[tuple[float, float]]) -> Iterator[float]:
        """Send what falls due, each by the client at its share of those that are open; for `drive`.

        `plan` has the seconds after `begin` of each, and the share. All in one loop, without a call of
        roster, client or account for each. Its one look at the clock is right before the system call.
        """
        books, clients = self._books, self.open.clients
        scheduled, lag, flying, at = books.echo.scheduled, books.lag, books.flying, books.pool.at
        at_once = 0
        for (after, share), (frame, mask) in zip(plan, cycle(books.pool.frames), strict=False):
            due = begin + after
            now = monotonic()
            if now < due or at_once == AT_ONCE:
                scheduled(at_once)
                yield due
                at_once = 0
                while (now := monotonic()) < due:
                    yield due
            at_once += 1
            if not clients:
                books.echo.unsent()
                books.error(trouble.NOBODY)
                continue
            client = clients[int(share * len(clients))]
            client.last = number = client.last + 1
            flying[number] = due, now
            lag(now - due)
            put(frame, at, number ^ mask)
            client.socket.send(frame)  # type: ignore[union-attr] # it is open
        scheduled(at_once)

    def expire(self) -> None:
        """Whoever takes too long to open has failed; to be called now and then."""
        self._gate.expire(monotonic())

    async def leave(self, within: float) -> None:
        """All go by close code 1000; who is not through `within` seconds is cut."""
        self._leaving = True
        for client, begun in self._gate.clear():
            if begun:
                client.cut()
            else:
                self._books.connect.unsent()
        for client in list(self.open):
            client.close()
        deadline = monotonic() + within
        while len(self.open) and monotonic() < deadline:
            await until(monotonic() + _LEAVE_TICK)
        for client in list(self.open):
            client.cut()

    def opened(self, client: EchoClient) -> None:
        """See `Crowd`."""
        self.opened_ever += 1
        self.open.add(client)
        self._gate.leave(client)
        self._look_around()

    def gone(self, client: EchoClient, kind: str | None) -> None:
        """See `Crowd`."""
        if client in self.open:
            self.open.remove(client)
            if self._leaving:
                self.left += kind is None
                return
            self.lost += 1
        elif self._leaving:
            return  # it was still on its way
        else:
            self.failed += 1
            self._gate.leave(client)
        self._books.error(kind or trouble.DROPPED)
        self._look_around()

    def _start(self, client: EchoClient, due: float) -> None:
        client.connect(self._dial, due)

    def _late(self, client: EchoClient, begun: bool) -> None:  # noqa: FBT001 - what Gate calls
        if begun:
            client.cut(trouble.NO_UPGRADE)
            return
        self._books.connect.unsent()
        self._books.error(trouble.NOT_STARTED)
        self.failed += 1
        self._look_around()

    def _look_around(self) -> None:
        if self.opened_ever + self.failed == self._plan.connections:
            self.settled.set()
        elif self.failed >= HOPELESS and not self.opened_ever:
            self.gave_up = True
        if not len(self.open) and (self.settled.is_set() or self.gave_up):
            self.forsaken.set()
