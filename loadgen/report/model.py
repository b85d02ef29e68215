"""All that a report says, as data: no words of a language, no layout. Pure.

Figures of the whole run are the summary's own; what is here beside it is what a reader has to see over time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from loadgen.capacity.result import Capacity
from loadgen.drills.result import Drill
from loadgen.figures import figures
from loadgen.record import Record
from loadgen.report.curve import Point, curve
from loadgen.report.server import Track, tracks
from loadgen.report.timeline import Timeline, timeline
from loadgen.report.untested import Untested, untested
from loadgen.results import Run
from loadgen.scenario.thresholds import Judged, judge
from loadgen.summary import Summary
from loadgen.watched import Mark, Server

VERSION = 1
OF_DRILL = 300
"""Points of a drill's timeline."""


class Lived(msgspec.Struct, frozen=True, kw_only=True):
    """What clients lived through in a drill."""

    timeline: Timeline
    marks: tuple[Mark, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run, or the last of several, and what else was tried."""

    version: int = VERSION
    run: Run
    summary: Summary
    timeline: Timeline
    curve: tuple[Point, ...]
    """Of the messages' latencies."""
    judged: tuple[Judged, ...]
    """Each threshold of the plan with what came of it; values are seconds, times, times a second, shares."""
    server: Server | None
    tracks: tuple[Track, ...]
    marks: tuple[Mark, ...]
    untested: tuple[Untested, ...]
    capacity: Capacity | None = None
    drills: tuple[Drill, ...] = ()
    lived: dict[str, Lived] = {}
    """By the drill's name, where its load is known."""


def report(
    record: Record,
    capacity: Capacity | None = None,
    drills: Sequence[Drill] = (),
    loads: Mapping[str, Record] | None = None,
) -> Report:
    """What there is to say about a run, and about what was tried beside it; `loads`: of drills, by name."""
    plan, outcome = record.run.plan, record.outcome()
    return Report(
        run=record.run,
        summary=record.summed(),
        timeline=timeline(record.seconds),
        curve=curve(outcome.tally),
        judged=judge(plan.thresholds, figures(plan, outcome)),
        server=record.server,
        tracks=tracks(record.samples),
        marks=record.marks,
        untested=untested(record, capacity, drills),
        capacity=capacity,
        drills=tuple(drills),
        lived={
            name: Lived(timeline=timeline(load.seconds, OF_DRILL), marks=load.marks)
            for name, load in (loads or {}).items()
        },
    )
