"""Charts with a table behind them: for who cannot see them, has no script, or reads Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.report.document import Axis, Chart, Charts, Line, Table
from loadgen.report.speech import Speech


def group(charts: tuple[Chart, ...], axis: Axis, speech: Speech) -> Charts:
    """Those of which something is known, with the least, the most and the last value of each line.

    Not with a mean: one of p99s says nothing.
    """
    text = speech.words.text
    charts = tuple(
        chart for chart in charts if any(value is not None for one in chart.lines for value in one.mean)
    )
    rows = tuple(row for chart in charts for row in _rows(chart, speech))
    return Charts(charts, axis, text.in_figures, Table(("", text.least, text.most, text.last), rows))


def _rows(chart: Chart, speech: Speech) -> Iterator[tuple[str, ...]]:
    for line in chart.lines:
        name = chart.title if line.label == chart.title else f"{chart.title}: {line.label}"
        yield name, *(speech.quantity(value, chart.unit) for value in _ends(line))


def _ends(line: Line) -> tuple[float | None, float | None, float | None]:
    least = (value for value in line.least or line.mean if value is not None)
    most = (value for value in line.most or line.mean if value is not None)
    return min(least, default=None), max(most, default=None), line.mean[-1] if line.mean else None
