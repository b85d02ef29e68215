"""How long what is kept, and which of it a question is answered from. Pure."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from fermatkit.measures import UNITS
from sidecar.core.nouns import Sign

_EACH_SECOND = 900.0
"""Seconds: of a longer range nobody wants each of them."""


class Level(NamedTuple):
    """One table of points."""

    table: str
    step: int
    """Seconds that a point is of."""
    kept: int
    """For so many seconds."""


LEVELS = (
    Level("second", 1, 6 * 3600),
    Level("minute", 60, 8 * 86400),
    Level("ten_minutes", 600, 90 * 86400),
)
KEPT = LEVELS[-1].kept
"""Seconds: likewise for incidents and starts."""

LATENCIES = tuple(f"protocol:{sign}" for sign in Sign)
SERIES: dict[str, str] = {
    **{str(measure): unit for measure, unit in UNITS.items()},
    **dict.fromkeys(LATENCIES, "ms"),
}
"""All that there is, and its unit; as /health calls them."""


def choose(since: float, until: float, points: int, now: float) -> tuple[int, int]:
    """Which level answers for this range in so many points, and the step of these, a multiple of its own.

    The finest that was kept for so long, unless a coarser one has enough points. Epoch seconds.
    """
    wanted = max(1, ceil((until - since) / points))
    finest = 0 if until - since <= _EACH_SECOND else 1
    while finest < len(LEVELS) - 1 and now - since > LEVELS[finest].kept:
        finest += 1
    level = max([finest, *(index for index, one in enumerate(LEVELS) if one.step <= wanted)])
    return level, LEVELS[level].step * ceil(wanted / LEVELS[level].step)


def floor(moment: float, step: int) -> int:
    """When the step began in which this moment is; epoch seconds."""
    return int(moment // step * step)
