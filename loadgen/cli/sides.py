"""Two runs side by side, for people. Pure."""

from __future__ import annotations

from loadgen.compare import Comparison, Row


def sides(comparison: Comparison) -> str:
    """A line for each figure: the old one, the new one, and their ratio; lines joined."""
    width = max(len(row.name) for row in comparison.rows)
    head = f"{'':{width}}{'old':>14}{'new':>14}{'new / old':>12}"
    verdicts = f"{'verdict':{width}}{comparison.old:>14}{comparison.new:>14}"
    return "\n".join([head, verdicts, *(_line(row, width) for row in comparison.rows), "", *comparison.notes])


def _line(row: Row, width: int) -> str:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    return f"{row.name:{width}}{_shown(row.old, row.unit):>14}{_shown(row.new, row.unit):>14}{ratio:>12}"


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "unknown"
    return f"{value:,.2f} {unit}" if unit else f"{value:,.0f}"
