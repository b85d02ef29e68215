"""The chapters about the run itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from loadgen.report import graphs
from loadgen.report.axis import axis
from loadgen.report.behind import group
from loadgen.report.document import Axis, Block, Code, Curve, Line, Points, Section, Table, Text
from loadgen.report.model import Report
from loadgen.report.speech import Speech
from loadgen.scenario.spell import toml
from loadgen.scenario.thresholds import COUNTS, Judged
from loadgen.summary import Figures, Percentiles
from loadgen.tally import PHASES, Operation

_PERCENTS = ("p50", "p90", "p99", "p99.9", "max")
_SIZES = {"memory"}
"""Of the environment: bytes."""


def run(report: Report, speech: Speech) -> Iterator[Section]:
    """All of them, in order."""
    text = speech.words.text
    yield Section(text.timeline, tuple(_timeline(report, speech)))
    yield Section(text.server, tuple(_server(report, speech)))
    yield Section(text.distribution, tuple(_distribution(report, speech)))
    yield Section(text.phases, (Text(text.phases_about), _phases(report, speech)))
    yield Section(text.accounting, tuple(_accounting(report, speech)))
    yield Section(text.errors, (_errors(report, speech),))
    yield Section(text.thresholds, (_thresholds(report, speech),))
    yield Section(text.own_health, tuple(_own_health(report, speech)))
    yield Section(text.untested, (_untested(report, speech),))
    yield Section(text.environment, (_environment(report, speech),))
    yield Section(text.plan, (Code(toml(report.run.plan)),))


def _axis(report: Report, speech: Speech) -> Axis:
    return axis(report.timeline, report.marks, speech)


def _timeline(report: Report, speech: Speech) -> Iterator[Block]:
    text = speech.words.text
    yield group(graphs.of_clients(report, speech), _axis(report, speech), speech)
    if report.marks:
        yield Table(("", text.what, text.at, text.lasted), tuple(_marks(report, speech)), words=2)


def _server(report: Report, speech: Speech) -> Iterator[Block]:
    text = speech.words.text
    if report.server is None or not report.tracks:
        yield Text(text.no_server)
        return
    yield Text(text.seen_by.format(who=report.server.seen_by))
    yield group(graphs.of_server(report, speech), _axis(report, speech), speech)
    if report.server.about:
        yield Table(("", ""), tuple(report.server.about.items()), words=2)


def _marks(report: Report, speech: Speech) -> Iterator[tuple[str, ...]]:
    for mark in report.marks:
        length = None if mark.until is None else mark.until - mark.at
        yield (
            speech.words.mark[mark.kind],
            mark.text,
            f"{speech.number(mark.at, 1)} s",
            "" if length is None else speech.seconds(length),
        )


def _distribution(report: Report, speech: Speech) -> Iterator[Block]:
    text, summary = speech.words.text, report.summary
    if report.curve:
        yield Text(text.curve_about)
        yield Curve(
            tuple(point.percent for point in report.curve),
            (
                Line(text.response_row, tuple(point.response_ms for point in report.curve)),
                Line(text.service_row, tuple(point.service_ms for point in report.curve)),
            ),
        )
    rows = {
        text.response_row: summary.latency_ms,
        text.service_row: summary.service_ms,
        text.lag_row: summary.send_lag_ms,
        text.connect_row: summary.connect_ms,
        text.wait_row: summary.connect_wait_ms,
    }
    yield _percentiles(rows, speech)


def _percentiles(rows: dict[str, Percentiles], speech: Speech) -> Table:
    cells = ((name, *_figures(values, speech)) for name, values in rows.items())
    return Table((speech.words.text.milliseconds, *_PERCENTS), tuple(cells))


def _figures(values: Percentiles, speech: Speech) -> tuple[str, ...]:
    return tuple(speech.number(value, 2) for value in structs.astuple(values))


def _phases(report: Report, speech: Speech) -> Table:
    found = report.summary.operations
    rows = {
        speech.words.operation[one]: found[one].service_ms
        for one in (*PHASES, Operation.CONNECT)
        if one in found
    }
    return _percentiles(rows, speech)


def _accounting(report: Report, speech: Speech) -> Iterator[Block]:
    text = speech.words.text
    shown = {
        speech.words.operation[Operation(name)]: one
        for name, one in report.summary.operations.items()
        if Operation(name) not in PHASES
    }
    head = (
        text.operation, text.due, text.sent, text.answered_head, text.lost, text.in_flight, text.late,
        text.twice, "p50", "p99", "max",
    )  # fmt: skip
    yield Table(head, tuple((name, *_row(one, speech)) for name, one in shown.items()))
    messages = report.summary.messages
    yield Text(
        text.sum_of.format(
            sent=speech.number(messages.sent),
            answered=speech.number(messages.answered),
            lost=speech.number(messages.lost),
            in_flight=speech.number(messages.in_flight),
        )
    )


def _row(one: Figures, speech: Speech) -> Iterator[str]:
    traffic = one.traffic
    for count in (traffic.scheduled, traffic.sent, traffic.answered, traffic.lost, traffic.in_flight):
        yield speech.number(count)
    yield speech.number(traffic.late)
    yield speech.number(traffic.duplicate)
    for value in (one.response_ms.p50, one.response_ms.p99, one.response_ms.max):
        yield speech.number(value, 1)


def _errors(report: Report, speech: Speech) -> Block:
    text = speech.words.text
    if not report.summary.errors:
        return Text(text.no_errors)
    rows = ((speech.reason(kind), speech.number(count)) for kind, count in report.summary.errors.items())
    return Table((text.kind, text.times), tuple(rows))


def _thresholds(report: Report, speech: Speech) -> Block:
    text = speech.words.text
    if not report.judged:
        return Text(text.no_thresholds)
    results = {True: text.held, False: text.missed, None: text.unknown_result}
    rows = ((one.threshold.text, results[one.held], shown(one, speech)) for one in report.judged)
    return Table((text.threshold, text.result, text.took), tuple(rows), words=2)


def shown(one: Judged, speech: Speech) -> str:
    """A threshold's value in its unit."""
    if one.value is None:
        return speech.words.unknown
    if one.threshold.base is not None:
        return speech.share(one.value)
    name = one.threshold.figure
    if name.endswith("rate"):
        return f"{speech.number(one.value, 1)}/s"
    if any(name.endswith(count) for count in COUNTS):
        return speech.number(one.value)
    return speech.milliseconds(one.value * 1000)


def _own_health(report: Report, speech: Speech) -> Iterator[Block]:
    text, own = speech.words.text, report.summary.generator
    yield Text(text.own_about)
    yield group(graphs.of_generator(report, speech), _axis(report, speech), speech)
    yield _percentiles({text.lag_row: report.summary.send_lag_ms, text.loop_lag: own.loop_lag_ms}, speech)
    yield Table(
        ("", ""),
        (
            (text.processor_row, f"{speech.seconds(own.cpu_seconds)} ({speech.share(own.cpu_share)})"),
            (text.busiest_row, speech.share(own.busiest_share)),
            (text.memory_row, speech.size(own.rss_bytes)),
            (text.collections_row, speech.number(own.collections)),
            (text.longest_row, speech.milliseconds(own.longest_collection_ms)),
        ),
    )


def _untested(report: Report, speech: Speech) -> Block:
    texts = tuple(speech.words.untested[one] for one in report.untested)
    return Points(texts) if texts else Text(speech.words.text.nothing_untested)


def _environment(report: Report, speech: Speech) -> Table:
    text, run_ = speech.words.text, report.run
    rows: list[tuple[str, str]] = []
    if run_.environment is not None:
        for name, value in structs.asdict(run_.environment).items():
            rows.append((speech.words.environment[name], _value(name, value, speech)))
    rows += [(speech.words.environment["started"], run_.started), (text.seed, str(run_.plan.seed))]
    if run_.shard is not None:
        rows.append((text.shard, f"{run_.shard.index}/{run_.shard.of}"))
    if report.summary.result_file:
        rows.append((text.result_file, report.summary.result_file))
    return Table(("", ""), tuple(rows), words=2)


def _value(name: str, value: object, speech: Speech) -> str:
    if value is None:
        return speech.words.unknown
    if name in _SIZES and isinstance(value, int):
        return speech.size(value)
    if isinstance(value, tuple):
        return "–".join(str(one) for one in value)  # noqa: RUF001 - from … to
    return speech.number(value) if isinstance(value, int) else str(value)
