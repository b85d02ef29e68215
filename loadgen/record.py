"""A result file read again: whole, or as far as it was written when its run was killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from fermatkit.errors import UserError
from loadgen.figures import missed
from loadgen.outcome import Clients, Outcome
from loadgen.results import DECODER, VERSION, Line, Run, Second
from loadgen.schedule.events import Shard
from loadgen.summary import Summary, summarise
from loadgen.tally import Operation, Tally
from loadgen.verdict import Word, judge
from loadgen.watched import Mark, Sample, Server

Some = TypeVar("Some")


class Record(msgspec.Struct, frozen=True):
    """One run."""

    run: Run
    seconds: tuple[Second, ...]
    summary: Summary | None
    """None of a run that was killed."""
    server: Server | None = None
    """None: nobody watched it."""
    samples: tuple[Sample, ...] = ()
    marks: tuple[Mark, ...] = ()
    """Both in the order of time."""

    def lines(self) -> Iterator[Line]:
        """All that a file of it has, with a summary in any case."""
        yield self.run
        if self.server is not None:
            yield self.server
        yield from self.seconds
        yield from self.samples
        yield from self.marks
        yield self.summed()

    def tally(self) -> Tally:
        """All of its seconds together."""
        whole = Tally()
        for second in self.seconds:
            whole.add(second.tally)
        return whole

    def outcome(self) -> Outcome:
        """What it came to, as its engine handed it over; of a killed run, what its seconds tell."""
        if self.summary is None:
            return self._cut()
        summary = self.summary
        return Outcome(
            clients=summary.clients,
            tally=self.tally(),
            seconds=summary.seconds,
            cpu_seconds=summary.generator.cpu_seconds,
            rss=summary.generator.rss_bytes,
            interrupted=summary.verdict is Word.INTERRUPTED,
            gave_up=summary.gave_up,
            losses=summary.losses,
            missed=summary.missed,
        )

    def summed(self) -> Summary:
        """Its summary; of a killed run one made now, which says so."""
        if self.summary is not None:
            return self.summary
        outcome = self.outcome()
        if self.run.shard is None:
            outcome = msgspec.structs.replace(outcome, missed=missed(self.run.plan, outcome))
        return summarise(
            self.run.plan,
            outcome,
            judge(outcome, self.run.plan.there),
            started=self.run.started,
            result_file=None,
        )

    def _cut(self) -> Outcome:
        tally = self.tally()
        connects = tally.accounts[Operation.CONNECT]
        asked = len((self.run.shard or Shard()).clients(self.run.plan.clients))
        still = self.seconds[-1].registered if self.seconds else 0
        departed = self.seconds[-1].departed if self.seconds else 0
        failed = connects.lost + connects.unsent
        after = f"{self.seconds[-1].at:.0f} s" if self.seconds else "less than a second"
        return Outcome(
            clients=Clients(
                asked=asked,
                open=still,
                registered=connects.answered,
                lost=connects.answered - still - departed,
                failed=failed,
                unfinished=asked - connects.answered - failed,
                left=None,
                aborted=None,
                departed=departed,
            ),
            tally=tally,
            seconds=self.seconds[-1].at if self.seconds else 0.0,
            cpu_seconds=tally.cpu if self.seconds else None,
            rss=None,
            losses=(f"the generator was killed: its file ends after {after}, without a summary",),
        )


class _Head(msgspec.Struct):
    """As much of the first line as any version has."""

    type: str
    version: int


def load(path: Path) -> Record:
    """The run in a file; UserError, in one line, when there is none."""
    try:
        with path.open("rb") as file:
            lines = [line[:-1] for line in file if line.endswith(b"\n")]
    except IsADirectoryError as error:
        raise UserError(f"{path} is a directory: name the run.jsonl in it") from error
    except OSError as error:
        raise UserError(
            f"cannot read {path}: {error.strerror}; name a run.jsonl of an earlier run"
        ) from error
    if not lines:
        raise UserError(f"{path} has no whole line: its run ended before it began")
    _check_version(path, lines[0])
    first, *rest = _decoded(path, lines)
    if not isinstance(first, Run):
        raise UserError(f"{path}, line 1: not the beginning of a run; the file is damaged")
    last = rest[-1] if rest else None
    summary = last if isinstance(last, Summary) else None
    if _lines(rest, Run) or _lines(rest, Summary) != _lines(rest[-1:], Summary):
        raise UserError(f"{path} is more than one run, or its lines are out of order; the file is damaged")
    return Record(
        run=first,
        seconds=_lines(rest, Second),
        summary=summary,
        server=next(iter(_lines(rest, Server)), None),
        samples=tuple(sorted(_lines(rest, Sample), key=lambda sample: sample.at)),
        marks=tuple(sorted(_lines(rest, Mark), key=lambda mark: mark.at)),
    )


def differences(one: msgspec.Struct, other: msgspec.Struct) -> list[str]:
    """The names of the fields in which two of one kind differ."""
    names = one.__struct_fields__
    return [name for name in names if getattr(one, name) != getattr(other, name)]


def _lines(lines: list[Line], kind: type[Some]) -> tuple[Some, ...]:
    return tuple(line for line in lines if isinstance(line, kind))


def _check_version(path: Path, line: bytes) -> None:
    try:
        head = msgspec.json.decode(line, type=_Head)
    except msgspec.DecodeError as error:
        raise UserError(f"{path}, line 1: not the beginning of a run ({error})") from error
    if head.version != VERSION:
        raise UserError(
            f"{path} is a result file of version {head.version}, and this program reads version {VERSION}:"
            " read it with the program that wrote it"
        )


def _decoded(path: Path, lines: list[bytes]) -> Iterator[Line]:
    for number, line in enumerate(lines, 1):
        try:
            yield DECODER.decode(line)
        except msgspec.DecodeError as error:
            raise UserError(f"{path}, line {number}: damaged ({error})") from error
