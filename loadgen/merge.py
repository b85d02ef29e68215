"""Runs of one plan on several machines, each with a shard of it, made one run. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from fermatkit.errors import UserError
from loadgen.figures import missed
from loadgen.outcome import together
from loadgen.record import Record, differences
from loadgen.results import Run, Second
from loadgen.schedule.events import Shard
from loadgen.summary import summarise
from loadgen.tally import Tally
from loadgen.verdict import Word, judge
from loadgen.watched import Mark

_OWN = {"sources", "ca"}
"""Of a plan, what each machine has its own of."""


def merge(records: Sequence[Record], names: Sequence[str]) -> Record:
    """One record of all; `names` are theirs, for the UserError when they do not fit together."""
    _check(records, names)
    starts = [datetime.fromisoformat(record.run.started) for record in records]
    offsets = [(start - min(starts)).total_seconds() for start in starts]
    run = Run(started=min(record.run.started for record in records), plan=records[0].run.plan)
    seconds = _side_by_side(records, offsets)
    losses = [*_missing(records), *_invalid(records, names)]
    outcome = together([record.outcome() for record in records], losses)
    outcome = structs.replace(outcome, missed=missed(run.plan, outcome))
    summary = summarise(
        run.plan, outcome, judge(outcome, run.plan.there), started=run.started, result_file=None
    )
    watched, since = _watched(records, offsets)
    return Record(
        run,
        seconds,
        summary,
        watched.server,
        tuple(structs.replace(sample, at=sample.at + since) for sample in watched.samples),
        tuple(_later(mark, since) for mark in watched.marks),
    )


def _watched(records: Sequence[Record], offsets: Sequence[float]) -> tuple[Record, float]:
    """Whose view of the server is the whole's, and when it began: of one server the best view is enough."""
    return max(zip(records, offsets, strict=True), key=lambda one: len(one[0].samples) + len(one[0].marks))


def _later(mark: Mark, since: float) -> Mark:
    until = None if mark.until is None else mark.until + since
    return structs.replace(mark, at=mark.at + since, until=until)


def _shard(record: Record) -> Shard:
    return record.run.shard or Shard(0, 1)


def _check(records: Sequence[Record], names: Sequence[str]) -> None:
    first = records[0]
    seen: dict[int, str] = {}
    for record, name in zip(records, names, strict=True):
        if unlike := [one for one in differences(first.run.plan, record.run.plan) if one not in _OWN]:
            raise UserError(f"{name} is a run of another plan than {names[0]}: {', '.join(unlike)} differ")
        shard = _shard(record)
        if shard.of != _shard(first).of:
            raise UserError(
                f"{name} is one of {shard.of} shards and {names[0]} one of {_shard(first).of}: they overlap"
            )
        if shard.index in seen:
            raise UserError(
                f"{name} and {seen[shard.index]} are the same shard, {shard.index}/{shard.of}, of the plan:"
                " give each machine its own --shard"
            )
        seen[shard.index] = name


def _side_by_side(records: Sequence[Record], offsets: Sequence[float]) -> tuple[Second, ...]:
    """Seconds that ended at the same time, to the nearest whole one, are one second."""
    slots = [
        [(round(second.at + offset), second) for second in record.seconds]
        for record, offset in zip(records, offsets, strict=True)
    ]
    every = sorted({slot for placed in slots for slot, _ in placed})
    return tuple(_second(slot, slots) for slot in every)


def _second(slot: int, slots: Sequence[Sequence[tuple[int, Second]]]) -> Second:
    tally, registered, departed, phases = Tally(), 0, 0, {}
    for placed in slots:
        for at, second in placed:
            if at == slot:
                tally.add(second.tally)
                phases[second.phase] = True
        if placed and slot <= placed[-1][0]:  # who has ended holds nobody
            last = next((second for at, second in reversed(placed) if at <= slot), None)
            registered += last.registered if last else 0
            departed += last.departed if last else 0
    phase = " / ".join(phases)
    return Second(at=float(slot), phase=phase, registered=registered, departed=departed, tally=tally)


def _missing(records: Sequence[Record]) -> list[str]:
    there = {_shard(record).index for record in records}
    of = _shard(records[0]).of
    return [f"shard {index}/{of} is missing" for index in range(of) if index not in there]


def _invalid(records: Sequence[Record], names: Sequence[str]) -> list[str]:
    """Why a part proves nothing, and so the whole: its own share would vanish in a percentile of all."""
    parts = [(name, record.summed()) for name, record in zip(names, records, strict=True)]
    return [
        f"{name}: {reason}" for name, part in parts if part.verdict is Word.INVALID for reason in part.reasons
    ]
