"""The open loop: what the plan says falls due when it says, whatever the server does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from time import monotonic, process_time

from loadgen import pacing, trouble
from loadgen.connection import Dialer
from loadgen.crowd import Crowd
from loadgen.ledger import Ledger
from loadgen.outcome import Clients, Outcome
from loadgen.plan import Plan, endpoint
from loadgen.results import Second
from loadgen.selfwatch import Processor, resident, settle, short_collections, until, watch
from loadgen.tally import Operation

INTERRUPTED_WITHIN = 2.0
"""Seconds for goodbyes when a person ends the run."""
_DRAIN_TICK = 0.01


class Phase(StrEnum):
    """What a run is doing."""

    RAMPING = "ramping up"
    HOLDING = "holding"
    DRAINING = "waiting for answers"
    LEAVING = "leaving"


class Engine:
    """One run of a plan: `run` it once; `interrupt` ends it early, in order."""

    def __init__(self, plan: Plan, on_second: Callable[[Second], None]) -> None:
        self._plan = plan
        self._on_second = on_second
        self._ledger = Ledger()
        self._processor = Processor()
        self._phase = Phase.RAMPING
        self._interrupted = asyncio.Event()

    def interrupt(self) -> None:
        """End now: goodbyes for two seconds at most, then whatever is left is cut."""
        self._interrupted.set()

    async def run(self) -> Outcome:
        """The whole run. What the server does wrong is counted in its outcome; an exception is our bug."""
        settle()
        began, cpu = monotonic(), process_time()
        async with (
            asyncio.TaskGroup() as group,
            Dialer(endpoint(self._plan), self._plan.closed_within) as dialer,
        ):
            crowd = Crowd(self._plan, self._ledger, dialer, group)
            seconds = group.create_task(self._seconds(began, crowd))
            await self._phases(crowd, group)
            rss = resident()
            was_open = len(crowd)
            left = await self._leave(crowd)
            seconds.cancel()
        self._last_turn(began, crowd)
        asked = self._plan.connections
        return Outcome(
            clients=Clients(
                asked=asked,
                open=was_open,
                registered=crowd.registered,
                lost=crowd.lost,
                failed=crowd.failed,
                unfinished=asked - crowd.registered - crowd.failed,
                left=left,
                aborted=was_open - left,
            ),
            tally=self._ledger.total(),
            seconds=monotonic() - began,
            cpu_seconds=process_time() - cpu,
            rss=rss,
            interrupted=self._interrupted.is_set(),
            gave_up=crowd.gave_up,
        )

    async def _phases(self, crowd: Crowd, group: asyncio.TaskGroup) -> None:
        """Ramp, hold, drain; cut short by a person, or when nobody is left to go on with."""
        work = [
            group.create_task(wait)
            for wait in (self._work(crowd, group), _wait(self._interrupted), _wait(crowd.forsaken))
        ]
        watching = group.create_task(watch(self._ledger))
        await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        for task in (*work, watching):
            task.cancel()

    async def _work(self, crowd: Crowd, group: asyncio.TaskGroup) -> None:
        pings = group.create_task(crowd.ping())
        try:
            await self._ramp(crowd)
            self._phase = Phase.HOLDING
            await self._hold(crowd)
        finally:
            pings.cancel()  # or there would always be one more answer to wait for
        self._phase = Phase.DRAINING
        await self._drain()

    async def _ramp(self, crowd: Crowd) -> None:
        begin = monotonic()
        for due in pacing.connects(self._plan.connections, self._plan.ramp):
            await until(begin + due)
            crowd.join(begin + due)
        await crowd.settled.wait()

    async def _hold(self, crowd: Crowd) -> None:
        begin = monotonic()
        messages = self._ledger.accounts[Operation.LIST]
        for arrival in pacing.messages(self._plan.rate, self._plan.duration, self._plan.seed):
            due = begin + arrival.due
            await until(due)
            messages.scheduled()
            connection = crowd.pick(arrival.share)
            if connection is None:
                messages.unsent()
                self._ledger.error(trouble.NOBODY)
            else:
                connection.ask(due)
        await until(begin + self._plan.duration)

    async def _drain(self) -> None:
        """Give answers that are still out the time the plan allows."""
        deadline = monotonic() + self._plan.answered_within
        while any(map(self._in_flight, trouble.UNANSWERED)) and monotonic() < deadline:
            await until(monotonic() + _DRAIN_TICK)

    def _in_flight(self, operation: Operation) -> int:
        return self._ledger.accounts[operation].in_flight

    async def _leave(self, crowd: Crowd) -> int:
        self._phase = Phase.LEAVING
        return await crowd.leave(
            INTERRUPTED_WITHIN if self._interrupted.is_set() else self._plan.closed_within
        )

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
            for operation, kind in trouble.UNANSWERED.items():
                self._ledger.error(kind, self._in_flight(operation))
        self._turn(began, crowd)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
