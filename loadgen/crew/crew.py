"""One run by a crew, in the shape of an engine: `run` it once, `interrupt` it to end it early."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from time import monotonic, process_time
from typing import NamedTuple, Protocol

import msgspec

from fermatkit.errors import UserError
from loadgen.crew.leader import End, Leader, Order, Show, Tell
from loadgen.crew.messages import FromWorker, ToWorker
from loadgen.outcome import Outcome
from loadgen.results import Second
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard

_TICK = 0.25
"""Seconds between looks at who hangs."""


class Gone(NamedTuple):
    """A worker is no more."""

    why: str
    """What is known of it, to follow its name: "was killed by SIGKILL"."""


class _Interrupted(NamedTuple):
    """A person wants the run to end."""


Event = tuple[int, FromWorker | Gone]
Events = asyncio.Queue[Event | _Interrupted]


class Link(Protocol):
    """How the words travel between a leader and its workers."""

    lead: float
    """Seconds that an order may take to come to all workers."""

    def hire(self, events: Events) -> AbstractAsyncContextManager[list[str]]:
        """Have the workers: their names. What they say goes to `events`; who is left at the end is ended."""

    def tell(self, worker: int, message: ToWorker) -> None:
        """Say something to a worker, and do not wait until it has heard. One that is gone hears nothing."""

    def end(self, worker: int) -> None:
        """End a worker at once."""


class Crew:
    """Leads the workers at the other end of `link` through one run of a plan, or of a shard of it."""

    def __init__(self, plan: Plan, on_second: Callable[[Second], None], part: Shard, link: Link) -> None:
        self._plan = plan
        self._part = part
        self._on_second = on_second
        self._link = link
        self._events: Events = asyncio.Queue()

    def interrupt(self) -> None:
        """End now: goodbyes for two seconds at most, then whatever is left is cut."""
        self._events.put_nowait(_Interrupted())

    async def run(self) -> Outcome:
        """The whole run; UserError when a worker refuses its job."""
        cpu = process_time()
        async with self._link.hire(self._events) as names:
            leader = Leader(self._plan, self._part, names, self._link.lead)
            self._obey(leader.start(monotonic()))
            while not leader.done:
                self._obey(await self._next(leader))
        if leader.refusal:
            raise UserError(leader.refusal.why, leader.refusal.code)
        outcome = leader.outcome()
        if outcome.cpu_seconds is None:
            return outcome
        return msgspec.structs.replace(outcome, cpu_seconds=outcome.cpu_seconds + process_time() - cpu)

    async def _next(self, leader: Leader) -> list[Order]:
        """What follows from the next event, or from some time without one."""
        try:
            async with asyncio.timeout(_TICK):
                event = await self._events.get()
        except TimeoutError:
            return leader.tick(monotonic())
        now = monotonic()
        late = leader.tick(now) if self._events.empty() else []
        if isinstance(event, _Interrupted):
            return [*late, *leader.stop(now)]
        worker, what = event
        if isinstance(what, Gone):
            return [*late, *leader.gone(worker, what.why, now)]
        return [*leader.heard(worker, what, now), *late]

    def _obey(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case Tell(worker, message):
                    self._link.tell(worker, message)
                case End(worker):
                    self._link.end(worker)
                case Show(second):
                    self._on_second(second)
