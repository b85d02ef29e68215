"""The past in lines, as a terminal shows it: a line for each step, a column for what matters most."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from fermatkit.measures import Measure
from sidecar.faces import figures, sentences
from sidecar.faces.words import Words
from sidecar.store.history.levels import LATENCIES, SERIES
from sidecar.store.history.points import STATUS, Point, Spread, merged
from sidecar.store.history.shapes import Grid, quantile

PONG = LATENCIES[0]
_MAIN = {
    Measure.CPU: "cpu",
    Measure.MEMORY: "memory",
    Measure.THREADS: "threads",
    Measure.FDS: "fds",
    Measure.ESTABLISHED: "connections",
    Measure.CLIENTS_REGISTERED: "clients",
}
"""And what they are called above their columns."""
_UNKNOWN = "-"


def table(grid: Grid, names: Sequence[str], words: Words) -> Iterator[str]:
    """Of these series, or of those that matter most: their means, of a latency the 99th percentile."""
    said, names = words.history, names or (*_MAIN, PONG)
    heads = [said.time, said.verdict, said.available, *(_head(name, words) for name in names)]
    rows = [_row(at, point, grid, names, words) for at, point in zip(grid.times, grid.points, strict=True)]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        yield "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    whole = merged(point for point in grid.points if point is not None)
    yield said.whole.format(
        step=figures.duration(grid.step, words),
        available=_share(whole, words),
        watched=_percent(sum(whole.verdicts) / (grid.until - grid.since), words),
    )


def _head(name: str, words: Words) -> str:
    if name in LATENCIES:
        return f"{name.partition(':')[2]} p99"
    return str(getattr(words.history, _MAIN[Measure(name)])) if name in _MAIN else name


def _row(at: int, point: Point | None, grid: Grid, names: Sequence[str], words: Words) -> list[str]:
    when = sentences.date(at)
    if point is None:
        return [when, *[_UNKNOWN] * (len(names) + 2)]
    verdict = STATUS.get(point.worst)
    cells = [_cell(name, point.spreads.get(grid.numbers.get(name, -1)), words) for name in names]
    return [when, str(verdict) if verdict else _UNKNOWN, _share(point, words), *cells]


def _share(point: Point, words: Words) -> str:
    return _UNKNOWN if point.availability is None else _percent(point.availability, words)


def _percent(share: float, words: Words) -> str:
    """To a hundredth, and rounded down: 100 % is said of nothing less."""
    number = figures.written(f"{math.floor(min(1.0, share) * 10000) / 100:.2f}", words)
    return words.numbers.percent.format(number=number)


def _cell(name: str, spread: Spread | None, words: Words) -> str:
    value = quantile(spread, 99) if name in LATENCIES else spread.mean if spread else None
    if value is None or not math.isfinite(value):
        return _UNKNOWN
    return figures.quantity(value, SERIES[name], words)
