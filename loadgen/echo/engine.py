"""The open loop of an echo run: connect, send what is due when it is due, wait for answers, leave."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from random import Random
from time import monotonic, process_time

import msgspec

from loadgen import pacing, trouble
from loadgen.alarm import until_one_ends
from loadgen.echo.client import Books
from loadgen.echo.crowd import EchoCrowd
from loadgen.echo.plan import EchoPlan
from loadgen.echo.socket import EchoSocket
from loadgen.gate import INTERRUPTED_WITHIN
from loadgen.ledger import Ledger
from loadgen.outcome import Clients, Outcome
from loadgen.selfwatch import Processor, resident, settle, short_collections, until, watch
from loadgen.tally import Operation
from loadgen.ticker import drive, follow, now_and_then
from loadgen.ws.dial import Dialer, loopback_sources, target
from loadgen.ws.frames import Pool
from loadgen.ws.reactor import Reactor

_TICK = 0.01


class Cost(msgspec.Struct, frozen=True):
    """What a part of a run took."""

    seconds: float
    cpu_seconds: float


class EchoOutcome(msgspec.Struct, frozen=True):
    """What became of a run."""

    outcome: Outcome
    connecting: Cost | None
    """From the first connect until everybody was open or had failed; None if it did not come to that."""
    echoing: Cost | None
    """From then until the last answer, or the end of the waiting for it."""


class EchoEngine:
    """One run of a plan: `run` it once; `interrupt` ends it early, in order."""

    def __init__(self, plan: EchoPlan) -> None:
        self._plan = plan
        self._ledger = Ledger()
        self._processor = Processor()
        random = Random(f"echo {plan.seed}")  # noqa: S311 - load, not secrets
        self._books = Books(self._ledger, Pool(random.randbytes(plan.size), random), plan.size)
        self._interrupted = asyncio.Event()
        self._connecting: Cost | None = None
        self._echoing: Cost | None = None

    def interrupt(self) -> None:
        """End now: goodbyes for two seconds at most, then whatever is left is cut."""
        self._interrupted.set()

    async def run(self) -> EchoOutcome:
        """The whole run. What the server does wrong is counted in its outcome; an exception is our bug."""
        settle()
        began, cpu = monotonic(), process_time()
        reactor = Reactor()
        try:
            dialer = self._dialer(reactor)
            await dialer.find()
            crowd = EchoCrowd(self._plan, self._books, dialer.dial)
            with short_collections(self._ledger) as collect:
                await until_one_ends(
                    self._work(crowd),
                    crowd.forsaken.wait(),
                    self._seconds(collect),
                    self._interrupted.wait(),
                    watch(self._ledger),
                )
                rss, was_open = resident(), len(crowd.open)
                hurry = self._interrupted.is_set()
                await crowd.leave(INTERRUPTED_WITHIN if hurry else self._plan.closed_within)
        finally:
            reactor.close()
        return self._outcome(crowd, was_open, monotonic() - began, process_time() - cpu, rss)

    def _dialer(self, reactor: Reactor) -> Dialer:
        plan = self._plan
        where = target(plan.url)
        return Dialer(
            reactor,
            where,
            headers=plan.headers,
            protocol=plan.subprotocol,
            sources=plan.sources or loopback_sources(where.host, plan.connections),
            tls=ssl.create_default_context(cafile=plan.ca) if where.secure else None,
            kind=EchoSocket,
        )

    async def _work(self, crowd: EchoCrowd) -> None:
        plan = self._plan
        expiring = asyncio.ensure_future(now_and_then(crowd.expire))
        try:
            begin, cpu = monotonic(), process_time()
            connects = ((due, None) for due in pacing.connects(plan.connections, plan.ramp))
            await follow(begin, connects, crowd.join)
            await crowd.settled.wait()
            self._connecting = _cost(begin, cpu)
        finally:
            expiring.cancel()
        if crowd.forsaken.is_set():
            return
        begin, cpu = monotonic(), process_time()
        await drive(crowd.sends(begin, pacing.messages(plan.rate, plan.duration, plan.seed)))
        await until(begin + plan.duration)
        deadline = monotonic() + plan.answered_within
        while self._books.echo.in_flight and monotonic() < deadline:
            await until(monotonic() + _TICK)
        self._echoing = _cost(begin, cpu)

    async def _seconds(self, collect: Callable[[], None]) -> None:
        due = monotonic()
        while True:
            due += 1
            await until(due)
            self._ledger.turn(*self._processor.turn())
            collect()

    def _outcome(
        self, crowd: EchoCrowd, was_open: int, seconds: float, cpu_seconds: float, rss: int | None
    ) -> EchoOutcome:
        if not self._interrupted.is_set():
            self._ledger.error(trouble.UNANSWERED[Operation.ECHO], self._books.echo.in_flight)
        self._ledger.turn(*self._processor.turn())
        clients = Clients.of(
            self._plan.connections,
            was_open=was_open,
            registered=crowd.opened_ever,
            lost=crowd.lost,
            failed=crowd.failed,
            left=crowd.left,
        )
        outcome = Outcome(
            clients=clients,
            tally=self._ledger.total(),
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            rss=rss,
            interrupted=self._interrupted.is_set(),
            gave_up=crowd.gave_up,
        )
        return EchoOutcome(outcome, self._connecting, self._echoing)


def _cost(begin: float, cpu: float) -> Cost:
    return Cost(round(monotonic() - begin, 3), round(process_time() - cpu, 3))
