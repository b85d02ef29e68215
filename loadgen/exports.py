"""A run for other programs: rows of comma-separated values, and a text for Prometheus. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from loadgen.record import Record
from loadgen.summary import Percentiles, Summary, figures
from loadgen.verdict import Word

_TRAFFIC = (
    "scheduled", "unsent", "sent", "answered", "lost", "in_flight",
    "unanswered", "late", "duplicate", "out_of_order",
)  # fmt: skip
_KINDS = ("response", "service", "lag")
_QUANTILES = {"p50": "0.5", "p90": "0.9", "p99": "0.99", "p99_9": "0.999", "max": "1"}


def rows(record: Record) -> str:
    """A header, and a row for each second and operation that had any part in it. Unknown is empty."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    percents = [f"{kind}_{name}_ms" for kind in _KINDS for name in Percentiles.__struct_fields__]
    writer.writerow(["second", "phase", "registered", "errors", "operation", *_TRAFFIC, *percents])
    for second in record.seconds:
        begin = [second.at, second.phase, second.registered, sum(second.tally.errors.values())]
        for operation, counts in second.tally.accounts.items():
            if not any(getattr(counts, name) for name in _TRAFFIC):
                continue
            shown = figures(counts)
            traffic = [getattr(shown.traffic, name) for name in _TRAFFIC]
            parts = (shown.response_ms, shown.service_ms, shown.lag_ms)
            values = [getattr(part, name) for part in parts for name in Percentiles.__struct_fields__]
            writer.writerow([*begin, operation, *traffic, *values])
    return out.getvalue()


def exposition(summary: Summary) -> str:
    """The summary in Prometheus' text format, for a textfile collector or a push. Unknown has no sample."""
    return "".join(f"{line}\n" for line in _lines(summary))


def _lines(summary: Summary) -> Iterator[str]:
    yield from _metric("verdict", "1 for the run's verdict, 0 for the others")
    yield from (_sample("verdict", float(word is summary.verdict), verdict=word.lower()) for word in Word)
    yield from _metric("duration_seconds", "How long the run took")
    yield _sample("duration_seconds", summary.seconds)
    yield from _metric("clients", "Clients by what became of them")
    for state in summary.clients.__struct_fields__:
        value = getattr(summary.clients, state)
        if value is not None:
            yield _sample("clients", value, state=state)
    yield from _metric("errors", "What went wrong for clients, by kind")
    yield from (_sample("errors", count, kind=kind) for kind, count in summary.errors.items())
    yield from _operations(summary)
    yield from _generator(summary)


def _operations(summary: Summary) -> Iterator[str]:
    yield from _metric("operations", "What clients did, by what became of it")
    for operation, shown in summary.operations.items():
        for state in _TRAFFIC:
            yield _sample("operations", getattr(shown.traffic, state), operation=operation, state=state)
    yield from _metric(
        "latency_seconds", "response: from when due; service: from the send; lag: the difference"
    )
    for operation, shown in summary.operations.items():
        for kind, part in zip(_KINDS, (shown.response_ms, shown.service_ms, shown.lag_ms), strict=True):
            for name, quantile in _QUANTILES.items():
                value = getattr(part, name)
                if value is not None:
                    labels = {"operation": operation, "kind": kind, "quantile": quantile}
                    yield _sample("latency_seconds", value / 1000, **labels)


def _generator(summary: Summary) -> Iterator[str]:
    generator = summary.generator
    figures_of = {
        "generator_cpu_seconds": ("Processor time of the generator", generator.cpu_seconds),
        "generator_busiest_share": ("The most of one core over five seconds", generator.busiest_share),
        "generator_resident_bytes": ("Memory of the generator at the end", generator.rss_bytes),
    }
    for name, (help_text, value) in figures_of.items():
        if value is not None:
            yield from _metric(name, help_text)
            yield _sample(name, value)


def _metric(name: str, help_text: str) -> Iterator[str]:
    yield f"# HELP fermat_loadgen_{name} {help_text}."
    yield f"# TYPE fermat_loadgen_{name} gauge"


def _sample(name: str, value: float, **labels: str) -> str:
    shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"fermat_loadgen_{name}{{{shown}}} {value}" if shown else f"fermat_loadgen_{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
