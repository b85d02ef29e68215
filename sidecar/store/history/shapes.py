"""A grid as the API and the command line give it: columns of numbers, null where nothing was known. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from sidecar.core.view import Status
from sidecar.store.history.levels import LATENCIES, SERIES, floor
from sidecar.store.history.points import STATUS, Point, Spread
from sidecar.store.history.tally import percentile

_DECIMALS = 3
Number = float | None
Column = list[Number]


class Grid(NamedTuple):
    """A range in equal steps, the first of which may have begun before it; None where nobody was watching."""

    since: float
    until: float
    step: int
    points: list[Point | None]
    numbers: dict[str, int]
    """Of the series that were asked for and that the file has."""

    @property
    def times(self) -> list[int]:
        """When each step begins, epoch seconds."""
        first = floor(self.since, self.step)
        return [first + index * self.step for index in range(len(self.points))]


class Series(msgspec.Struct, frozen=True, omit_defaults=True):
    """One; infinite ("never full") is null, for JSON has no word for it."""

    unit: str
    min: Column
    mean: Column
    max: Column
    last: Column
    p50: Column | None = None
    """Of a latency, from its one-second values, at most 3.2 % off."""
    p99: Column | None = None


class Samples(msgspec.Struct, frozen=True):
    """Epoch seconds; all lists are as long as `times`."""

    since: float
    until: float
    step: int
    times: list[int]
    series: dict[str, Series]
    status: list[Status | None]
    """The worst of each step."""


def shaped(grid: Grid, names: list[str]) -> Samples:
    """All of these series, also one that was never known."""
    return Samples(
        grid.since,
        grid.until,
        grid.step,
        grid.times,
        {name: _series(name, list(column(grid, name))) for name in names},
        [None if point is None else STATUS.get(point.worst) for point in grid.points],
    )


def column(grid: Grid, name: str) -> Iterator[Spread | None]:
    """What a series did in each step."""
    number = grid.numbers.get(name, -1)
    for point in grid.points:
        yield None if point is None else point.spreads.get(number)


def quantile(spread: Spread | None, percent: float) -> Number:
    """Milliseconds; None of what is no latency, or was not known."""
    found = None if spread is None or not spread.tally else percentile(spread.tally, percent)
    return None if spread is None or found is None else min(max(found, spread.least), spread.most)


def _series(name: str, spreads: list[Spread | None]) -> Series:
    def each(figure: Callable[[Spread], float]) -> Column:
        return [None if spread is None else _finite(figure(spread)) for spread in spreads]

    is_latency = name in LATENCIES
    return Series(
        SERIES[name],
        each(lambda one: one.least),
        each(lambda one: one.mean),
        each(lambda one: one.most),
        each(lambda one: one.last),
        [quantile(spread, 50) for spread in spreads] if is_latency else None,
        [quantile(spread, 99) for spread in spreads] if is_latency else None,
    )


def _finite(number: float) -> Number:
    return round(number, _DECIMALS) if math.isfinite(number) else None
