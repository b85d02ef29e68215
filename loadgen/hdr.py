"""A run as an HdrHistogram log, version 2: what HdrHistogram's viewers and libraries read.

An interval of a second for each operation and kind of latency, told apart by tags. Values are nanoseconds.
The library encodes the histograms; the lines are made here, for its writer knows no tags and no start at 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from typing import Any

from fermatkit.errors import UserError
from loadgen.histogram import LONGEST, Histogram, value
from loadgen.record import Record

_DIGITS = 3
_LAST = int(LONGEST * 1e9)


def log(record: Record) -> str:
    """The text of the log; UserError without the library."""
    return "".join(f"{line}\n" for line in _lines(record, _maker()))


def _maker() -> Any:  # noqa: ANN401 - the library has no types
    try:
        return import_module("hdrh.histogram").HdrHistogram
    except ImportError as error:
        raise UserError("--hdr needs the library: pip install 'fermat-sidecar[hdr]'") from error


def _lines(record: Record, make: Any) -> Iterator[str]:  # noqa: ANN401 - likewise
    began = datetime.fromisoformat(record.run.started)
    yield f"#fermat-loadgen against {record.run.plan.url}, seed {record.run.plan.seed}; values in nanoseconds"
    yield "#[Histogram log format version 1.3]"
    yield f"#[BaseTime: {began.timestamp():.3f} (seconds since epoch)]"
    yield f"#[StartTime: {began.timestamp():.3f} (seconds since epoch), {began.isoformat()}]"
    yield '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'
    before = 0.0
    for second in record.seconds:
        for operation, counts in second.tally.accounts.items():
            for kind in ("response", "service", "lag"):
                samples: Histogram = getattr(counts, kind)
                if samples.total:
                    times = f"{before:.3f},{second.at - before:.3f},{samples.max * 1000:.3f}"
                    yield f"Tag={operation}-{kind},{times},{_encoded(samples, make)}"
        before = second.at


def _encoded(samples: Histogram, make: Any) -> str:  # noqa: ANN401 - likewise
    made = make(1, _LAST, _DIGITS)
    for number, count in samples.counts.items():
        made.record_value(min(int(min(value(number), samples.max) * 1e9), _LAST), count)
    return str(made.encode().decode())
