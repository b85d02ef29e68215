"""One drill carried out: a server and its sidecar, clients on it, the harm, until all are back."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import msgspec

from fermatkit import eventloop
from loadgen import means
from loadgen.drills.cases import HARM_AT, Case
from loadgen.drills.eyes import Eyes
from loadgen.drills.harms import Undone
from loadgen.drills.measure import Seen, measured, settled
from loadgen.drills.place import Place
from loadgen.drills.result import NAME, Alert, Drill
from loadgen.drills.stage import Staged
from loadgen.engine import Engine
from loadgen.environment import environment
from loadgen.outcome import Outcome
from loadgen.results import NAME as RUN
from loadgen.results import ResultFile, Run, Second
from loadgen.scenario.plan import Limits, Plan
from loadgen.scenario.stages import Ramp, Stage
from loadgen.selfwatch import until
from loadgen.shard import WHOLE
from loadgen.summary import summarise
from loadgen.tally import Tally
from loadgen.verdict import doubts, judge
from loadgen.watch.beside import Write, beside
from loadgen.watch.messages import BySidecar
from loadgen.watched import Kind, Mark

_LEAST = 8.0
"""Seconds that anything has to show itself."""
_LATE = 1.0
"""Seconds: what a drill measures is no finer."""
_LOOK = 0.5
_AFTERWARDS = 2.0
"""Seconds that everybody is seen to be back."""

Note = Callable[[str], None]
Signals = Callable[[Callable[[], None]], None]
"""Has the function called at Ctrl-C and SIGTERM, on the running loop."""


class Load(msgspec.Struct, frozen=True):
    """Of all drills of a run."""

    clients: int
    seed: int


def conduct(
    case: Case, staged: AbstractContextManager[Staged], load: Load, folder: Path, signals: Signals, note: Note
) -> Drill:
    """Do it, and leave run.jsonl, drill.json and the evidence in `folder`, which is made.

    KeyboardInterrupt when a person breaks it off; UserError for what its user can put right. `note` is called
    with sentences for people, from another thread, too.
    """
    with staged as (place, harm):
        folder.mkdir(parents=True)
        course = _Course(case, place, harm, folder)
        return left(course.run(plan(case, load, place.url), signals, note), folder)


def not_done(case: Case, why: str, folder: Path) -> Drill:
    """Of one that cannot be done."""
    folder.mkdir(parents=True)
    reasons = (f"not done: {why}",)
    return left(Drill(name=case.name, harm=case.harm, passed=None, reasons=reasons), folder)


def left(drill: Drill, folder: Path) -> Drill:
    """Written into its folder."""
    (folder / NAME).write_bytes(msgspec.json.format(msgspec.json.encode(drill), indent=1) + b"\n")
    return drill


def plan(case: Case, load: Load, url: str) -> Plan:
    """The load of a drill: its clients, and a message a second of one in ten."""
    rate = max(5.0, load.clients / 10)
    return Plan(
        seed=load.seed,
        name=f"drill {case.name}",
        url=url,
        clients=load.clients,
        ramp=Ramp(rate=250.0),
        settle=1.0,
        stages=(Stage(name=case.name, duration=HARM_AT + case.stated.deadline, rate=rate),),
        mix=case.mix,
        limits=Limits(pending=case.pending, closed_within=5.0),
        comeback=case.comeback,
    )


class _Course:
    """What happens, from the first client to the last word."""

    def __init__(self, case: Case, place: Place, do: Callable[[], None], folder: Path) -> None:
        self._case, self._place, self._do, self._folder = case, place, do, folder
        self._eyes: Eyes | None = None
        self._seconds: list[Second] = []
        self._broken_off = False
        self._undone = ""
        self._pid = place.pid
        self._harm_due: asyncio.Future[float]

    def run(self, plan: Plan, signals: Signals, note: Note) -> Drill:
        """All of it."""
        means.provide(plan, WHOLE)
        path = self._folder / RUN
        watched = BySidecar(url=self._place.sidecar_url, token=None, clients=plan.clients, who=plan.name)
        started = datetime.now(UTC).isoformat(timespec="milliseconds")
        with path.open("xb", buffering=0) as out:
            file = ResultFile(path, out)
            file.write(Run(started=started, plan=plan, environment=environment()))
            with (
                beside(watched, file.write, note) as write,
                asyncio.Runner(loop_factory=eventloop.factory()) as runner,
            ):
                outcome = runner.run(self._live(plan, write, signals))
            verdict = judge(outcome, plan.there)
            file.write(summarise(plan, outcome, verdict, started=started, result_file=str(path)))
        if self._eyes is not None:
            self._eyes.close()
        if self._broken_off:
            raise KeyboardInterrupt
        if self._eyes is None:
            reasons = (*verdict.reasons, "the harm was not done: its clients did not come to hold")
            return Drill(name=self._case.name, harm=self._case.harm, passed=None, reasons=reasons, file=RUN)
        found = self._measured(self._eyes, outcome.tally, self._doubts(outcome))
        return msgspec.structs.replace(found, evidence=self._evidence(), file=RUN)

    async def _live(self, plan: Plan, write: Write, signals: Signals) -> Outcome:
        self._began = monotonic()
        self._wall = time.time()
        self._harm_due = asyncio.get_running_loop().create_future()

        async def hold() -> float:
            begin = max(monotonic(), self._began + plan.begin)
            self._harm_due.set_result(begin + HARM_AT)
            return begin

        def on_second(second: Second) -> None:
            write(second)
            self._seconds.append(second)

        engine = Engine(plan, on_second, hold=hold)

        def break_off() -> None:
            self._broken_off = True
            self._place.over.set()
            engine.interrupt()

        signals(break_off)
        course = asyncio.ensure_future(self._harm(write))
        course.add_done_callback(lambda _: engine.interrupt())
        try:
            outcome = await engine.run(self._began)
        finally:
            course.cancel()
            with suppress(asyncio.CancelledError):
                await course
        # Its own end is as it should be.
        return msgspec.structs.replace(outcome, interrupted=self._broken_off)

    async def _harm(self, write: Write) -> None:
        """Do it at its moment, and wait until all is well again."""
        due = await self._harm_due
        await until(due)
        self._harmed = due - self._began
        self._eyes = eyes = Eyes(self._place)
        eyes.open()
        write(Mark(at=round(self._harmed, 3), kind=Kind.HARM, text=self._case.harm))
        try:
            await asyncio.to_thread(self._do)
        except (Undone, OSError) as error:
            self._undone = f"the harm could not be done: {error}"
        else:
            while not self._is_over(eyes):  # noqa: ASYNC110 - other processes set no event
                await asyncio.sleep(_LOOK)
            await asyncio.sleep(_AFTERWARDS)

    def _is_over(self, eyes: Eyes) -> bool:
        passed = monotonic() - self._began - self._harmed
        if passed < _LEAST:
            return False
        well = bool(eyes.looks) and eyes.looks[-1][1] is True
        return passed > self._case.stated.deadline or (well and settled(self._measured(eyes, Tally())))

    def _measured(self, eyes: Eyes, tally: Tally, doubts: Sequence[str] = ()) -> Drill:
        seen = Seen(
            harmed=self._harmed,
            began=self._wall,
            pid=self._pid,
            past=eyes.past,
            alerts=tuple(self._alerts(eyes)),
            owners=tuple((at - self._began, pid) for at, pid in [*eyes.owners]),
            looks=tuple((at - self._began, ready) for at, ready in [*eyes.looks]),
        )
        case = self._case
        return measured(case.name, case.harm, case.stated, self._seconds, tally, seen, doubts)

    def _alerts(self, eyes: Eyes) -> list[Alert]:
        sink = self._place.sink
        if sink is None:
            told = ((one.time.timestamp() - self._wall, one.title) for one in reversed(eyes.past.alerts))
        else:
            told = ((at - self._began, title) for at, title in [*sink.told])
        return [Alert(at=at, title=title) for at, title in told]

    def _doubts(self, outcome: Outcome) -> list[str]:
        found = [self._undone] if self._undone else []
        found += doubts(outcome.tally, outcome.seconds, _LATE)
        if self._case.wants is not None and self._case.wants not in outcome.tally.errors:
            found.append(f"it was not as bad as it should have been: no {self._case.wants}")
        return found

    def _evidence(self) -> tuple[str, ...]:
        """Copied, for the sidecar's own goes with its directory."""
        if self._place.evidence is None:
            return ()
        kept = self._folder / "evidence"
        with suppress(FileNotFoundError):
            shutil.copytree(self._place.evidence, kept)
        return tuple(sorted(str(path.relative_to(kept)) for path in kept.rglob("*") if path.is_file()))
