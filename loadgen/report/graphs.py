"""Which charts there are, and what lines are in each. Pure."""

from __future__ import annotations

from fermatkit.measures import Measure
from loadgen.report.document import Chart, Line
from loadgen.report.model import Report
from loadgen.report.server import Track
from loadgen.report.speech import Speech
from loadgen.report.timeline import Timeline

OF_SERVER: tuple[tuple[Measure, ...], ...] = (
    (Measure.CPU, Measure.GC),
    (Measure.MEMORY, Measure.UNIT_MEMORY),
    (Measure.THREADS, Measure.TIMERS),
    (Measure.FDS, Measure.FDS_LIMIT),
    (Measure.CLIENTS_REGISTERED, Measure.CLIENTS_PENDING),
    (Measure.ESTABLISHED, Measure.OTHER_SOCKETS, Measure.CLOSE_WAIT),
    (Measure.ACCEPT_QUEUE, Measure.ACCEPT_LIMIT),
    (Measure.DISK_FREE,),
    (Measure.CPU_SOME, Measure.MEMORY_SOME, Measure.IO_SOME),
    (Measure.MEMORY_AVAILABLE,),
    (Measure.LOAD,),
    (Measure.STEAL, Measure.IOWAIT),
)
"""The lines of each chart: all of one unit; those that nobody looked at are left out."""


def of_load(line: Timeline, speech: Speech) -> Chart:
    """The main one: what was to be carried, and what was."""
    text = speech.words.text
    lines = (Line(text.offered, line.offered), Line(text.achieved, line.achieved))
    return Chart(text.load, "/s", line.at, lines, wide=True)


def of_open(line: Timeline, speech: Speech) -> Chart:
    """How many clients were there."""
    text = speech.words.text
    return Chart(text.open, "clients", line.at, (Line(text.registered, line.registered),))


def of_clients(report: Report, speech: Speech) -> tuple[Chart, ...]:
    """What clients lived through."""
    text, line = speech.words.text, report.timeline
    errors = [Line(speech.reason(kind), column) for kind, column in line.errors.items()]
    if any(line.other_errors):
        errors.append(Line(text.other, line.other_errors))
    charts = [
        of_open(line, speech),
        Chart(text.latency, "ms", line.at, _percentiles(line, "response")),
        Chart(text.service, "ms", line.at, _percentiles(line, "service")),
        Chart(text.connect, "ms", line.at, (Line("p99", line.connect_p99),)),
    ]
    if errors:
        charts.append(Chart(text.errors_per_second, "/s", line.at, tuple(errors)))
    return tuple(charts)


def _percentiles(line: Timeline, of: str) -> tuple[Line, ...]:
    return tuple(Line(name, getattr(line, f"{of}_{name}")) for name in ("p50", "p90", "p99", "max"))


def of_generator(report: Report, speech: Speech) -> tuple[Chart, ...]:
    """How the generator itself did."""
    text, line = speech.words.text, report.timeline
    lateness = (Line(text.lag, line.lag_p99), Line(text.loop_lag, line.loop_lag_p99))
    return (
        Chart(text.lateness, "ms", line.at, lateness),
        Chart(text.processor, "percent", line.at, (Line(text.processor, line.processor),)),
    )


def of_server(report: Report, speech: Speech) -> tuple[Chart, ...]:
    """What was seen of the server."""
    there = {track.measure: track for track in report.tracks}
    charts = []
    for wanted in OF_SERVER:
        found = [there[one] for one in wanted if one in there and any(x is not None for x in there[one].mean)]
        if found:
            lines = tuple(_line(track, found[0], speech) for track in found)
            charts.append(Chart(_label(found[0], speech), found[0].unit, found[0].at, lines))
    return tuple(charts)


def _label(track: Track, speech: Speech) -> str:
    return speech.words.measure[Measure(track.measure)]


def _line(track: Track, first: Track, speech: Speech) -> Line:
    """On the first one's axis: what is looked at more seldom has gaps there."""
    if track.at == first.at:
        return Line(_label(track, speech), track.mean, track.least, track.most)
    columns = [dict(zip(track.at, column, strict=True)) for column in (track.mean, track.least, track.most)]
    return Line(_label(track, speech), *(tuple(map(column.get, first.at)) for column in columns))
