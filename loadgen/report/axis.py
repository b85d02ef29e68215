"""The axis of time that charts share, and what happened on it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.report.document import Axis, Moment
from loadgen.report.speech import Speech
from loadgen.report.timeline import Timeline
from loadgen.watched import Kind, Mark

_COLOURS = {Kind.HARM: "bad", Kind.RESTART: "restarted", Kind.INCIDENT: "warn", Kind.ALERT: "warn"}


def axis(line: Timeline, marks: Sequence[Mark], speech: Speech) -> Axis:
    """From the start of a run to its last second."""
    end = line.at[-1] if line.at else 0.0
    there = {mark.kind for mark in marks}
    names: dict[str, list[str]] = {}
    for kind, colour in _COLOURS.items():
        if kind in there:
            names.setdefault(colour, []).append(speech.words.mark[kind])
    return Axis(
        end=end,
        moments=tuple(Moment(mark.at, _until(mark, end), _COLOURS[mark.kind]) for mark in marks),
        legend=tuple((colour, ", ".join(of_it)) for colour, of_it in names.items()),
    )


def _until(mark: Mark, end: float) -> float:
    """An incident without an end lasts; whatever else has none was over at once."""
    still = end if mark.kind is Kind.INCIDENT else mark.at
    return max(mark.at, still if mark.until is None else mark.until)
