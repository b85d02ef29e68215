"""The open loop: what the plan says falls due when it says, whatever the server does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from enum import StrEnum
from itertools import chain, islice
from time import monotonic, process_time

from loadgen import trouble
from loadgen.alarm import until_one_ends
from loadgen.company import Company
from loadgen.gate import INTERRUPTED_WITHIN
from loadgen.kinds import kind
from loadgen.ledger import Ledger
from loadgen.outcome import Clients, Outcome
from loadgen.results import Second
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Event, Shard
from loadgen.schedule.whole import opening, stages
from loadgen.selfwatch import Processor, resident, settle, short_collections, until, watch
from loadgen.shard import WHOLE
from loadgen.tally import ASKED
from loadgen.ticker import Ticker, drive, follow
from loadgen.ws.reactor import Reactor

_DRAIN_TICK = 0.01


class Phase(StrEnum):
    """What a run is doing."""

    RAMPING = "ramping up"
    HOLDING = "holding"
    DRAINING = "waiting for answers"
    LEAVING = "leaving"


async def _at_once() -> float:
    return monotonic()


class Engine:
    """One run of a plan, or of a part of it: `run` it once; `interrupt` ends it early, in order."""

    def __init__(
        self,
        plan: Plan,
        on_second: Callable[[Second], None],
        part: Shard = WHOLE,
        hold: Callable[[], Awaitable[float]] = _at_once,
    ) -> None:
        """`hold` is awaited when the ramp is over, and gives the moment at which the holding begins.

        It is how several engines begin their holding together.
        """
        self._plan = plan
        self._part = part
        self._limits = plan.limits
        self._hold_at = hold
        self._kind = kind(plan)
        # Who sends what is worked out now: later, the first messages would be late for it.
        self._opening, self._stages = _begun(opening(plan, part)), _begun(stages(plan, part, 0.0))
        self._on_second = on_second
        self._ledger = Ledger()
        self._processor = Processor()
        self._phase = Phase.RAMPING
        self._interrupted = asyncio.Event()

    def interrupt(self) -> None:
        """End now: goodbyes for two seconds at most, then whatever is left is cut."""
        self._interrupted.set()

    async def run(self, begin: float | None = None) -> Outcome:
        """The whole run, from `begin` on (`time.monotonic`, now if it is None).

        What the server does wrong is counted in its outcome; an exception is our bug.
        """
        settle()
        cpu = process_time()
        reactor = Reactor()
        try:
            crowd = await self._kind.gathered(self._plan, self._part, self._ledger, reactor)
            began = monotonic() if begin is None else begin
            seconds = asyncio.ensure_future(self._seconds(began, crowd))
            await until_one_ends(  # a person, or that nobody is left to go on with, cuts it short
                self._work(began, crowd),
                self._interrupted.wait(),
                crowd.forsaken.wait(),
                watch(self._ledger),
            )
            rss = resident()
            was_open = len(crowd)
            await self._leave(crowd)
            seconds.cancel()
        finally:
            reactor.close()
        self._last_turn(began, crowd)
        return Outcome(
            clients=Clients.of(
                len(self._part.clients(self._plan.clients)),
                was_open=was_open,
                registered=crowd.registered_ever,
                lost=crowd.lost,
                failed=crowd.failures,
                left=crowd.left,
                departed=crowd.departed,
            ),
            tally=self._ledger.total(),
            seconds=monotonic() - began,
            cpu_seconds=process_time() - cpu,
            rss=rss,
            interrupted=self._interrupted.is_set(),
            gave_up=crowd.gave_up,
        )

    async def _work(self, began: float, crowd: Company) -> None:
        """The first stage begins when the ramp is over, in time or later."""
        ticker = Ticker(crowd.tick)
        opening = ((event[0], event) for event in self._opening)
        coming = asyncio.ensure_future(follow(began, opening, crowd.act))
        try:
            await crowd.settled.wait()
            if crowd.forsaken.is_set():  # or the first message would still fall due to nobody
                return
            begin = max(await self._hold_at(), began + self._plan.begin)
            await until(begin)
            self._phase = Phase.HOLDING
            await drive(crowd.stages(begin, self._stages))
            await until(begin + self._plan.duration)
            coming.cancel()
            crowd.hushed = True
            self._phase = Phase.DRAINING
            await self._drain()
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
            ticker.close()

    async def _drain(self) -> None:
        """Give answers that are still out the time the plan allows."""
        deadline = monotonic() + self._limits.answered_within
        accounts = self._ledger.accounts.values()
        while any(account.in_flight for account in accounts) and monotonic() < deadline:
            await until(monotonic() + _DRAIN_TICK)

    async def _leave(self, crowd: Company) -> None:
        self._phase = Phase.LEAVING
        await crowd.leave(INTERRUPTED_WITHIN if self._interrupted.is_set() else self._limits.closed_within)

    async def _seconds(self, began: float, crowd: Company) -> None:
        number = 0
        with short_collections(self._ledger) as collect:
            while True:
                number += 1
                await until(began + number)
                self._turn(began, crowd)
                collect()

    def _turn(self, began: float, crowd: Company) -> None:
        at = round(monotonic() - began, 3)
        tally = self._ledger.turn(*self._processor.turn())
        self._on_second(
            Second(at=at, phase=self._phase, registered=len(crowd), departed=crowd.departed, tally=tally)
        )

    def _last_turn(self, began: float, crowd: Company) -> None:
        if not self._interrupted.is_set():
            for operation in ASKED:
                self._ledger.error(trouble.UNANSWERED[operation], self._ledger.accounts[operation].in_flight)
        self._turn(began, crowd)


def _begun(events: Iterator[Event]) -> Iterator[Event]:
    """The same, with all the work done that comes before the first of them."""
    return chain(list(islice(events, 1)), events)
