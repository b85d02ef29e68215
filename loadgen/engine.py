"""The open loop: what the plan says falls due when it says, whatever the server does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from time import monotonic, process_time
from typing import Any, Never

from loadgen import shard, trouble
from loadgen.alarm import alarm
from loadgen.crowd import Crowd
from loadgen.ledger import Ledger
from loadgen.outcome import Clients, Outcome
from loadgen.plan import Plan, endpoint
from loadgen.results import Second
from loadgen.schedule.events import Shard
from loadgen.selfwatch import Processor, resident, settle, short_collections, until, watch
from loadgen.shard import WHOLE
from loadgen.ticker import Ticker, follow
from loadgen.ws.dial import Dialer, loopback_sources, target
from loadgen.ws.reactor import Reactor

INTERRUPTED_WITHIN = 2.0
"""Seconds for goodbyes when a person ends the run."""
_DRAIN_TICK = _EXPIRY_TICK = 0.01


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
        self._own = shard.part(plan, part)
        self._hold_at = hold
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
        began, cpu = monotonic() if begin is None else begin, process_time()
        reactor = Reactor()
        try:
            dialer = self._dialer(reactor)
            await dialer.find()
            crowd = Crowd(self._own, self._ledger, dialer.dial)
            with alarm() as bug:
                seconds = asyncio.ensure_future(self._seconds(began, crowd))
                await self._phases(began, crowd, bug)
                rss = resident()
                was_open = len(crowd)
                await self._leave(crowd)
                seconds.cancel()
        finally:
            reactor.close()
        self._last_turn(began, crowd)
        asked = self._own.connections
        return Outcome(
            clients=Clients(
                asked=asked,
                open=was_open,
                registered=crowd.registered_ever,
                lost=crowd.lost,
                failed=crowd.failures,
                unfinished=asked - crowd.registered_ever - crowd.failures,
                left=crowd.left,
                aborted=was_open - crowd.left,
            ),
            tally=self._ledger.total(),
            seconds=monotonic() - began,
            cpu_seconds=process_time() - cpu,
            rss=rss,
            interrupted=self._interrupted.is_set(),
            gave_up=crowd.gave_up,
        )

    def _dialer(self, reactor: Reactor) -> Dialer:
        """Source addresses are of the whole plan's number: several engines share the ports of each."""
        where = target(endpoint(self._plan))
        return Dialer(reactor, where, sources=loopback_sources(where.host, self._plan.connections))

    async def _phases(self, began: float, crowd: Crowd, bug: asyncio.Future[Never]) -> None:
        """Ramp, hold, drain; cut short by a person, by a bug, or when nobody is left to go on with."""
        waits = (
            self._work(began, crowd),
            self._interrupted.wait(),
            crowd.forsaken.wait(),
            watch(self._ledger),
        )
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(wait) for wait in waits]
        done, _ = await asyncio.wait([*tasks, bug], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _work(self, began: float, crowd: Crowd) -> None:
        pings = Ticker(crowd.ping)
        expiring = asyncio.ensure_future(_now_and_then(crowd.expire))
        try:
            await self._ramp(began, crowd)
            if crowd.forsaken.is_set():
                return
            begin = await self._hold_at()
            self._phase = Phase.HOLDING
            await self._hold(begin, crowd)
        finally:
            pings.close()  # or there would always be one more answer to wait for
            expiring.cancel()
        self._phase = Phase.DRAINING
        await self._drain(crowd)

    async def _ramp(self, begin: float, crowd: Crowd) -> None:
        connects = shard.connects(self._plan, self._part)
        await follow(begin, ((due, None) for due in connects), crowd.join)
        await crowd.settled.wait()

    async def _hold(self, begin: float, crowd: Crowd) -> None:
        await follow(begin, shard.messages(self._plan, self._part), crowd.ask)
        await until(begin + self._plan.duration)

    async def _drain(self, crowd: Crowd) -> None:
        """Give answers that are still out the time the plan allows."""
        deadline = monotonic() + self._plan.answered_within
        while any(account.in_flight for account in crowd.books.accounts.values()) and monotonic() < deadline:
            await until(monotonic() + _DRAIN_TICK)

    async def _leave(self, crowd: Crowd) -> None:
        self._phase = Phase.LEAVING
        await crowd.leave(INTERRUPTED_WITHIN if self._interrupted.is_set() else self._plan.closed_within)

    async def _seconds(self, began: float, crowd: Crowd) -> None:
        number = 0
        with short_collections(self._ledger) as collect:
            while True:
                number += 1
                await until(began + number)
                self._turn(began, crowd)
                collect()

    def _turn(self, began: float, crowd: Crowd) -> None:
        at = round(monotonic() - began, 3)
        tally = self._ledger.turn(*self._processor.turn())
        self._on_second(Second(at=at, phase=self._phase, registered=len(crowd), tally=tally))

    def _last_turn(self, began: float, crowd: Crowd) -> None:
        if not self._interrupted.is_set():
            for operation, account in crowd.books.accounts.items():
                self._ledger.error(trouble.UNANSWERED[operation], account.in_flight)
        self._turn(began, crowd)


async def _now_and_then(act: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(_EXPIRY_TICK)
        act()
