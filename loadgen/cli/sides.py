"""Two runs side by side, or two groups of them, for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.compare import Comparison, Row
from loadgen.judging import Judged, Judgement, Sense
from loadgen.significance import LEVEL


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


def told(judgement: Judgement, notes: Sequence[str]) -> str:
    """What several runs came to beside several others: the sentence, then a line for each figure."""
    old, new = judgement.runs
    head = f"{'':17}{'old':>14}{'new':>14}{'new / old':>11}{'95 % interval':>17}{'p':>8}"
    return "\n".join(
        [
            f"{judgement.sense}: {new} new runs beside {old} old ones",
            "",
            head,
            *(_judged(figure) for figure in judgement.figures),
            "",
            f"medians; p: how often chance alone divides them so; {LEVEL:.0%} for all together (Holm)",
            *_needed(judgement),
            *notes,
        ]
    )


def _judged(one: Judged) -> str:
    middle = "-" if one.ratio is None else f"{one.ratio:.3f}"
    around = "-" if one.least is None or one.most is None else f"{one.least:.3f} … {one.most:.3f}"
    figures = (
        f"{_shown(one.old, one.unit):>14}{_shown(one.new, one.unit):>14}{middle:>11}{around:>17}{one.p:>8.4f}"
    )
    return f"{one.name:17}{figures}  {one.sense}"


def _needed(judgement: Judgement) -> list[str]:
    if judgement.sense is not Sense.UNKNOWN:
        return []
    return [f"with fewer than {judgement.needed} runs on each side nothing can be told from chance"]
