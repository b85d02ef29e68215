"""A second, and what many are together: merging is addition, so each step is as true as the one below.

A series is named by its number in the file. Of what was unknown there is nothing: a gap, and never 0.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import IntEnum

import msgspec

from sidecar.core.view import Status
from sidecar.store.history.tally import Tally, bucket


class Verdict(IntEnum):
    """As bad as its number says; a second has the worst that was so in it."""

    UNKNOWN = 0
    PASS = 1
    WARN = 2
    FAIL = 3


STATUS = {Verdict.PASS: Status.PASS, Verdict.WARN: Status.WARN, Verdict.FAIL: Status.FAIL}
VERDICT = {status: verdict for verdict, status in STATUS.items()}


class Second(msgspec.Struct, frozen=True, array_like=True):
    """One second: the verdict, and what was known at its end."""

    verdict: Verdict
    values: dict[int, float]


class Spread(msgspec.Struct, frozen=True, array_like=True):
    """What one series did."""

    least: float
    total: float
    """All its seconds' values together."""
    most: float
    last: float
    count: int
    """Seconds in which it was known."""
    tally: Tally | None = None
    """Of a latency."""

    @property
    def mean(self) -> float:
        """Over the seconds in which it was known."""
        return self.total / self.count


class Point(msgspec.Struct, frozen=True, array_like=True):
    """Many seconds."""

    verdicts: tuple[int, int, int]
    """How many of them pass, warn and fail."""
    spreads: dict[int, Spread]

    @property
    def worst(self) -> Verdict:
        """UNKNOWN if it was never known."""
        return max((verdict for verdict in STATUS if self.verdicts[verdict - 1]), default=Verdict.UNKNOWN)

    @property
    def availability(self) -> float | None:
        """The share of its seconds, where that is known, in which the server was not failing."""
        known = sum(self.verdicts)
        return (known - self.verdicts[Verdict.FAIL - 1]) / known if known else None


def rolled(seconds: Iterable[Second], latencies: Collection[int]) -> Point:
    """These seconds, in the order of time; `latencies`: the series that are some."""
    columns: dict[int, list[float]] = {}
    counted = []
    for second in seconds:
        counted.append(second.verdict)
        for series, value in second.values.items():
            columns.setdefault(series, []).append(value)
    return Point(
        (counted.count(Verdict.PASS), counted.count(Verdict.WARN), counted.count(Verdict.FAIL)),
        {
            series: Spread(
                min(values),
                sum(values),
                max(values),
                values[-1],
                len(values),
                _tally(values) if series in latencies else None,
            )
            for series, values in columns.items()
        },
    )


def merged(points: Iterable[Point]) -> Point:
    """The same as of all their seconds; in the order of time."""
    passed, warned, failed = 0, 0, 0
    columns: dict[int, list[Spread]] = {}
    for point in points:
        passed, warned, failed = (
            passed + point.verdicts[0],
            warned + point.verdicts[1],
            failed + point.verdicts[2],
        )
        for series, spread in point.spreads.items():
            columns.setdefault(series, []).append(spread)
    return Point(
        (passed, warned, failed), {series: _together(spreads) for series, spreads in columns.items()}
    )


def _together(spreads: list[Spread]) -> Spread:
    if len(spreads) == 1:
        return spreads[0]
    return Spread(
        min([one.least for one in spreads]),
        sum([one.total for one in spreads]),
        max([one.most for one in spreads]),
        spreads[-1].last,
        sum([one.count for one in spreads]),
        _added([one.tally for one in spreads if one.tally]),
    )


def _tally(values: list[float]) -> Tally:
    counts: Tally = {}
    for value in values:
        number = bucket(value)
        counts[number] = counts.get(number, 0) + 1
    return counts


def _added(tallies: Sequence[Mapping[int, int]]) -> Tally | None:
    counts: Tally = {}
    for tally in tallies:
        for number, count in tally.items():
            counts[number] = counts.get(number, 0) + count
    return counts or None
