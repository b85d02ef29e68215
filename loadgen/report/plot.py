"""The percentile curve as a picture: each nine of a percentage has the same width. Pure."""

from __future__ import annotations

import math
from html import escape

from loadgen.report.document import Curve, Line

_WIDTH, _HEIGHT = 760.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 16.0, 12.0, 30.0
_MARKS = (50.0, 90.0, 99.0, 99.9, 99.99, 99.999)
_ALL = 100.0
_AFTER = 0.35
"""Nines that the greatest of all is put behind the last percentage."""


class _Axes:
    """Where a percentage and a latency stand."""

    def __init__(self, block: Curve) -> None:
        most = max((value or 0.0 for line in block.lines for value in line.mean), default=0.0) or 1.0
        self.top = _nice(most)
        self.width = max((_place(one) for one in block.percents if one < _ALL), default=1.0) + _AFTER

    def x(self, percent: float) -> float:
        place = self.width if percent >= _ALL else _place(percent)
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * place / self.width

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / self.top


def plot(block: Curve) -> str:
    """A figure with an SVG: a line for each; its texts are the percentages and milliseconds."""
    axes = _Axes(block)
    legend = "".join(
        f'<li><i class="line-{number + 1}"></i><span>{escape(line.label)}</span></li>'
        for number, line in enumerate(block.lines)
    )
    return (
        f'<figure class="wide"><figcaption><ul>{legend}</ul></figcaption>'
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(block.lines[0].label)}">'
        f"{_grid(axes)}{_below(axes)}{_lines(block, axes)}</svg></figure>"
    )


def _grid(axes: _Axes) -> str:
    return "".join(
        f'<path class="grid" d="M{_LEFT} {axes.y(value):.1f}H{_WIDTH - _RIGHT}"/>'
        f'<text class="left" x="{_LEFT - 8}" y="{axes.y(value) + 4:.1f}">{value:g} ms</text>'
        for value in (axes.top * quarter / 4 for quarter in range(5))
    )


def _below(axes: _Axes) -> str:
    return "".join(
        f'<text class="below" x="{axes.x(percent):.1f}" y="{_HEIGHT - 8}">{percent:g}\u00a0%</text>'
        for percent in _MARKS
        if _place(percent) < axes.width
    )


def _lines(block: Curve, axes: _Axes) -> str:
    return "".join(
        f'<polyline class="line-{number}" points="{_points(block.percents, line, axes)}"/>'
        for number, line in enumerate(block.lines, 1)
    )


def _points(percents: tuple[float, ...], line: Line, axes: _Axes) -> str:
    values = zip(percents, line.mean, strict=True)
    return " ".join(
        f"{axes.x(percent):.1f},{axes.y(value):.1f}" for percent, value in values if value is not None
    )


def _place(percent: float) -> float:
    """Nines: 90 % is at 1, 99 % at 2, 99.9 % at 3."""
    return -math.log10(1 - percent / _ALL)


def _nice(most: float) -> float:
    """The next round number above."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(factor * power for factor in (1, 2, 4, 5, 8, 10, 20) if factor * power >= most)
