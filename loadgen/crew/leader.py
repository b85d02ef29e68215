"""What a leader decides: told what workers say and what becomes of them, it gives orders. Pure.

A worker that is lost is not replaced: its clients are gone, and the run proves nothing any more. The others
go on, for what they see of the server is still worth a look. Moments are seconds of `time.monotonic`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

import msgspec

from loadgen import shard
from loadgen.crew import parts
from loadgen.crew.messages import (
    LEASE,
    Begin,
    Ended,
    FromWorker,
    Hold,
    Job,
    Ready,
    Refused,
    Settled,
    Still,
    Stop,
    ToWorker,
)
from loadgen.crew.seconds import Seconds
from loadgen.outcome import Outcome
from loadgen.results import Second
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard
from loadgen.whole import Whole

READY_WITHIN = 60.0
"""Seconds from a worker's job until it is ready: an interpreter's start on a busy machine, and to spare."""
SILENT_WITHIN = 10.0
"""Seconds without a word, of a worker that says one each second: it hangs."""
STOPPED_WITHIN = 6.0
"""Seconds from `Stop` to a worker's last word: it takes two for goodbyes."""
_STILL_EVERY = LEASE / 5
PATIENCE = 2
"""So many seconds may wait for the slowest worker's before they are shown without it."""
_TO_SPARE = 30.0
"""Seconds over a plan's longest time; who is not through then never will be."""


class Stage(Enum):
    """How far a worker is."""

    STARTING = auto()
    READY = auto()
    RAMPING = auto()
    SETTLED = auto()
    HOLDING = auto()
    OVER = auto()


class Tell(NamedTuple):
    """An order: say this to a worker."""

    worker: int
    message: ToWorker


class End(NamedTuple):
    """An order: end a worker at once, without a word."""

    worker: int


class Show(NamedTuple):
    """An order: this second of the run is known."""

    second: Second


Order = Tell | End | Show


class _Worker(msgspec.Struct):
    name: str
    asked: int
    heard: float
    """When it said something last, or was told to start."""
    stage: Stage = Stage.STARTING
    seen: Whole = msgspec.field(default_factory=Whole)
    registered: int = 0
    departed: int = 0
    seconds: float = 0.0
    outcome: Outcome | None = None


def at_most(plan: Plan) -> float:
    """Seconds from a worker's job after which it must have ended, whatever has happened."""
    return READY_WITHIN + plan.longest + _TO_SPARE + STOPPED_WITHIN


class Leader:
    """One run by workers called `names`, each with its part of a shard. `start` it, then feed it."""

    def __init__(self, plan: Plan, whole: Shard, names: Sequence[str], lead: float) -> None:
        """`lead`: seconds from an order to the moment it names, so that it has come to all by then."""
        self._plan = plan
        self._lead = lead
        self._shards = shard.split(whole, len(names))
        self._workers = [
            _Worker(name, asked=len(part.clients(plan.clients)), heard=0.0)
            for name, part in zip(names, self._shards, strict=True)
        ]
        self._seconds = Seconds(range(len(names)))
        self._deadline: float | None = None
        self._stopped: float | None = None
        self._told = 0.0
        self.refusal: Refused | None = None
        """Why there can be no such run: a worker lacks what it takes."""

    @property
    def done(self) -> bool:
        """Nothing is left to wait for."""
        return all(worker.stage is Stage.OVER for worker in self._workers)

    def outcome(self) -> Outcome:
        """What the run came to, once it is done."""
        return parts.together([worker.outcome for worker in self._workers if worker.outcome is not None])

    def start(self, now: float) -> list[Order]:
        """Everybody gets a job."""
        self._told = now
        for worker in self._workers:
            worker.heard = now
        return [Tell(number, Job(self._plan, part)) for number, part in enumerate(self._shards)]

    def heard(self, number: int, message: FromWorker, now: float) -> list[Order]:
        """A worker said something."""
        worker = self._workers[number]
        if worker.stage is Stage.OVER:
            return []  # ended by us, and its last words were on their way
        worker.heard = now
        match message:
            case Ready():
                worker.stage = Stage.READY
            case Settled():
                worker.stage = Stage.SETTLED
            case Second():
                self._note(number, message)
            case Ended(outcome):
                self._over(number, outcome)
            case Refused(why, code):
                return self._refuse(Refused(f"{worker.name}: {why}", code), now)
        return [*self._barriers(now), *self._shown()]

    def gone(self, number: int, why: str, now: float) -> list[Order]:
        """A worker is no more, and `why` says what is known of it: "was killed by SIGKILL"."""
        worker = self._workers[number]
        if worker.stage is Stage.OVER:
            return []
        words = (
            f"{worker.name} {why}: its {worker.asked:,} clients, {worker.registered:,} of them held, are lost"
        )
        self._over(
            number,
            parts.lost(
                worker.asked, worker.seen.tally(), (worker.registered, worker.departed), worker.seconds, words
            ),
        )
        return [*self._barriers(now), *self._shown()]

    def stop(self, now: float) -> list[Order]:
        """End early: all say goodbye."""
        if self._stopped is not None:
            return []
        self._stopped = now
        left = self._left()
        for number in left:
            if self._workers[number].stage in {Stage.STARTING, Stage.READY}:
                self._over(number, parts.untouched(self._workers[number].asked))
        return [*(Tell(number, Stop()) for number in left), *self._shown()]

    def tick(self, now: float) -> list[Order]:
        """Time has passed: who hangs is ended, the others hear from us. To be called a few times a second."""
        orders: list[Order] = []
        if now > self._told + _STILL_EVERY:
            self._told = now
            orders += [Tell(number, Still()) for number in self._left()]
        for number, worker in enumerate(self._workers):
            if why := self._hangs(worker, now):
                orders += [End(number), *self.gone(number, why, now)]
        return orders

    def _left(self) -> list[int]:
        return [number for number, worker in enumerate(self._workers) if worker.stage is not Stage.OVER]

    def _hangs(self, worker: _Worker, now: float) -> str | None:
        if worker.stage is Stage.OVER:
            return None
        if self._stopped is not None and now > self._stopped + STOPPED_WITHIN:
            return f"was ended {STOPPED_WITHIN:.0f} s after it had been told to stop"
        if self._deadline is not None and now > self._deadline:
            return "was ended long after its work should have been over"
        within = SILENT_WITHIN if worker.stage not in {Stage.STARTING, Stage.READY} else READY_WITHIN
        if now > worker.heard + within:
            return f"had said nothing for {within:.0f} s and was ended"
        return None

    def _note(self, number: int, second: Second) -> None:
        worker = self._workers[number]
        worker.seen.add(second.tally)
        worker.registered, worker.departed, worker.seconds = second.registered, second.departed, second.at
        self._seconds.take(number, second)

    def _over(self, number: int, outcome: Outcome) -> None:
        worker = self._workers[number]
        worker.stage, worker.outcome = Stage.OVER, outcome
        self._seconds.no_more(number, lost=bool(outcome.losses))

    def _refuse(self, refusal: Refused, now: float) -> list[Order]:
        self.refusal = self.refusal or refusal
        return self.stop(now)

    def _barriers(self, now: float) -> list[Order]:
        """All who are left begin to ramp together, and to hold."""
        left = self._left()
        stages = {self._workers[number].stage for number in left}
        at = now + self._lead
        if stages == {Stage.READY}:
            self._deadline = at + self._plan.longest + _TO_SPARE
            return self._on(left, Stage.RAMPING, Begin(at), now)
        if stages == {Stage.SETTLED}:
            return self._on(left, Stage.HOLDING, Hold(at), now)
        return []

    def _on(self, left: list[int], stage: Stage, message: Begin | Hold, now: float) -> list[Order]:
        for number in left:
            self._workers[number].stage = stage
            self._workers[number].heard = now
        return [Tell(number, message) for number in left]

    def _shown(self) -> list[Order]:
        orders: list[Order] = []
        while second := self._seconds.give(patient=self._seconds.behind <= PATIENCE):
            orders.append(Show(second))
        return orders
