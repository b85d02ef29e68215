"""Load runs as tests need them: tallies, seconds, records, files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from loadgen.outcome import Clients, Outcome
from loadgen.record import Record
from loadgen.recorder import histogram
from loadgen.results import Environment, ResultFile, Run, Second
from loadgen.scenario.behaviours import Echo
from loadgen.scenario.overrides import bare
from loadgen.scenario.plan import Limits, Plan
from loadgen.scenario.spans import Span
from loadgen.scenario.stages import Ramp, Stage
from loadgen.schedule.events import Shard
from loadgen.summary import Summary, summarise
from loadgen.tally import Operation, Tally
from loadgen.verdict import judge

operations = st.sampled_from(list(Operation))
times = st.floats(0, 100)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    """Any: what happened to a few operations, and to the program itself."""
    tally = Tally(
        loop_lag=histogram(draw(st.lists(times, max_size=3))),
        collections=histogram(draw(st.lists(times, max_size=3))),
        cpu=float(draw(st.integers(0, 9))),  # whole numbers: a sum of floats knows an order
        busiest=draw(st.none() | st.floats(0, 2)),
    )
    for operation in draw(st.lists(operations, max_size=4)):
        note(tally, operation, draw(st.lists(times, max_size=4)), lost=draw(st.integers(0, 3)))
    for kind in draw(st.lists(st.sampled_from("abc"), max_size=4)):
        tally.error(kind, 2)
    return tally


def note(tally: Tally, operation: Operation, waits: list[float], *, lag: float = 0.0, lost: int = 0) -> None:
    """Of this operation one was answered for each of `waits` (seconds from its sending), and others lost."""
    counts = tally.accounts[operation]
    counts.scheduled += len(waits) + lost
    counts.sent += len(waits) + lost
    counts.answered += len(waits)
    counts.lost += lost
    counts.lag.add(histogram([lag] * (len(waits) + lost)))
    counts.service.add(histogram(waits))
    counts.response.add(histogram([lag + wait for wait in waits]))


STARTED = datetime(2026, 11, 23, 21, 8, 38, tzinfo=UTC)
HERE = Environment(
    host="here",
    cpu="a processor",
    cores=2,
    memory=2**34,
    system="Linux",
    python="CPython 3.11",
    loop="asyncio",
    version="0.1.0",
    descriptors=20_000,
    ports=(32_768, 60_999),
)


def flat(
    seed: int = 1, ramp: float = 250.0, duration: float = 30.0, rate: float = 200.0, **more: Any
) -> Plan:
    """As flags alone describe one; what else is in `more` is the plan's, or of its limits."""
    limits = {key: more.pop(key) for key in [*more] if key in Limits.__struct_fields__}
    return msgspec.structs.replace(
        bare(seed),
        ramp=Ramp(rate=ramp),
        stages=(Stage(duration=duration, rate=rate),),
        limits=Limits(**limits),
        **more,
    )


def echoes(size: int = 128, **of_plan: Any) -> Plan:
    """The same with messages of so many bytes for any WebSocket server."""
    return flat(**{"mix": (Echo(size=Span(size, size)),)} | of_plan)


def run(*, shard: Shard | None = None, late: float = 0.0, **of_plan: Any) -> Run:
    """The first line of a run that started `late` seconds after STARTED."""
    started = (STARTED + timedelta(seconds=late)).isoformat(timespec="milliseconds")
    return Run(started=started, plan=flat(**of_plan), shard=shard, environment=HERE)


def second(
    at: float, waits: Sequence[float] = (0.1,), *, registered: int = 3, phase: str = "holding"
) -> Second:
    """One in which messages were answered."""
    tally = Tally(cpu=0.25)
    note(tally, Operation.LIST, list(waits))
    return Second(at=at, phase=phase, registered=registered, tally=tally)


def record(first: Run, seconds: Sequence[Second], *, clients: int = 3, **more: Any) -> Record:
    """A whole run of these, all of whose clients stayed; `more` is of its outcome."""
    held = Clients(
        asked=clients,
        open=clients,
        registered=clients,
        lost=0,
        failed=0,
        unfinished=0,
        left=clients,
        aborted=0,
    )
    tally = Tally()
    for one in seconds:
        tally.add(one.tally)
    outcome = Outcome(clients=held, tally=tally, seconds=60.0, cpu_seconds=5.0, rss=10**8, **more)
    summary = summarise(
        first.plan, outcome, judge(outcome, first.plan.there), started=first.started, result_file=None
    )
    return Record(first, tuple(seconds), summary)


def written(path: Path, of: Record) -> Path:
    """Its file, as the program writes it."""
    with path.open("xb", buffering=0) as out:
        file = ResultFile(path, out)
        for line in of.lines():
            if of.summary is not None or not isinstance(line, Summary):
                file.write(line)
    return path
