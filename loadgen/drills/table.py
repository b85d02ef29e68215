"""Drills for people: a line for each, and under it what there is to say. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.drills.measure import SHARES
from loadgen.drills.result import Drill

_LINE = "{:20}{:>9}{:>9}{:>8}{:>9}{:>8}{:>8}{:>8}{:>8}{:>7}{:>7}{:>8}"
HEAD = (
    f"{'':29}seconds after the harm until                   of the clients are back    messages\n"
    + _LINE.format(
        "drill",
        "",
        "noticed",
        "acted",
        "listens",
        "proven",
        "50 %",
        "95 %",
        "100 %",
        "lost",
        "twice",
        "alerts",
    )
)
_RESULTS = {True: "passed", False: "FAILED", None: "-"}


def line(drill: Drill) -> str:
    """One drill; what is not known or did not happen is a dash."""
    return "\n".join(_lines(drill))


def _lines(drill: Drill) -> Iterator[str]:
    back = dict(drill.back)
    moments = (drill.detected, drill.acted, drill.listening, drill.proven, *map(back.get, SHARES))
    done = bool(drill.file)
    counts = (drill.lost_messages, drill.duplicated_messages, len(drill.alerts))
    yield _LINE.format(
        drill.name,
        _RESULTS[drill.passed],
        *("-" if one is None else f"{one:.1f}" for one in moments),
        *(f"{count:,}" if done else "-" for count in counts),
    )
    yield from (f"    {reason}" for reason in drill.reasons)
