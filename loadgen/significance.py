"""Do two groups of runs differ, or is it chance? Pure.

Whole runs are the units, for the messages of one run are not independent of each other: they share its
minute, its machine, its queue. The test is Wilcoxon's rank sum (Mann and Whitney 1947), exact: it counts the
divisions of all runs into two groups of these sizes whose ranks are as uneven. It asks for no distribution.
With several figures at once, Holm's step-down (1979) keeps the chance of *any* false alarm at the level. How
large a difference is, is the median of the pairwise ratios, with an interval of order statistics (Hodges and
Lehmann 1963).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate
from math import comb
from statistics import NormalDist, median

LEVEL = 0.05
"""The chance of a false alarm, of all figures of a comparison together."""
_MOST = 20
"""Runs on one side for which all divisions are counted; the counting is of sums, so it takes milliseconds."""


def p_value(old: Sequence[float], new: Sequence[float]) -> float:
    """How often chance alone would divide these values at least so unevenly, two-sided; 0 to 1."""
    ranks = _ranks([*old, *new])
    if max(len(old), len(new)) > _MOST:
        return _approximate(ranks, len(old))
    own = sum(ranks[: len(old)])
    middle = Fraction(len(old) * sum(ranks), len(ranks))
    ways = _ways(tuple(ranks), len(old))
    uneven = sum(count for total, count in ways.items() if abs(total - middle) >= abs(own - middle))
    return uneven / comb(len(ranks), len(old))


def least_p(old: int, new: int) -> float:
    """The smallest that so many runs on each side can show at all: they are divided completely."""
    return min(1.0, 2 / comb(old + new, old))


def enough(figures: int) -> int:
    """Runs on each side from which one of so many figures can be told from chance."""
    return next(runs for runs in range(2, _MOST) if least_p(runs, runs) * figures <= LEVEL)


def significant(p_values: Mapping[str, float]) -> set[str]:
    """Those that differ, with all of them tested together (Holm)."""
    found: set[str] = set()
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda one: one[1])):
        if p > LEVEL / (len(p_values) - rank):
            break
        found.add(name)
    return found


def ratio(old: Sequence[float], new: Sequence[float]) -> tuple[float, float | None, float | None] | None:
    """New over old: the median of all pairs, and the 95 % interval around it; None with a 0 among the old.

    The interval's order statistics are those of the rank sum (Moses 1965); with so few runs that not even the
    least and the greatest pair hold 95 %, there is none.
    """
    if not all(old):
        return None
    pairs = sorted(one / other for one in new for other in old)
    outside = _outside(len(old), len(new))
    return (median(pairs), pairs[outside - 1], pairs[-outside]) if outside else (median(pairs), None, None)


def _outside(old: int, new: int) -> int:
    """So many pairs on each side end the interval, the last of them in it; 0: no interval is wide enough."""
    if max(old, new) > _MOST:
        spread = (old * new * (old + new + 1) / 12) ** 0.5
        return int(old * new / 2 - NormalDist().inv_cdf(1 - LEVEL / 2) * spread)
    ways = _ways(tuple(range(1, old + new + 1)), old)
    shares = accumulate(ways[total] / comb(old + new, old) for total in sorted(ways))
    return sum(share <= LEVEL / 2 for share in shares)


def _ranks(values: Sequence[float]) -> list[int]:
    """Twice the mid-ranks, so that those of equal values are whole numbers, too."""
    order = sorted(values)
    first: dict[float, int] = {}
    for place, value in enumerate(order):
        first.setdefault(value, place)
    many = Counter(order)
    return [2 * first[value] + many[value] + 1 for value in values]


@cache
def _ways(ranks: tuple[int, ...], size: int) -> Counter[int]:
    """Sum of the ranks of a group of this size → in how many ways it comes about."""
    sums: list[Counter[int]] = [Counter() for _ in range(size + 1)]
    sums[0][0] = 1
    for rank in ranks:
        for taken in range(size, 0, -1):
            for total, count in sums[taken - 1].items():
                sums[taken][total + rank] += count
    return sums[size]


def _approximate(ranks: Sequence[int], size: int) -> float:
    """By the normal distribution, corrected for equal values and for the steps."""
    total = len(ranks)
    other = total - size
    mean = size * (total + 1) / 2
    ties = sum(count**3 - count for count in Counter(ranks).values())
    variance = size * other / 12 * (total + 1 - ties / (total * (total - 1)))
    if not variance:
        return 1.0
    distance = max(0.0, abs(sum(ranks[:size]) / 2 - mean) - 0.5)
    return 2 * (1 - NormalDist().cdf(distance / variance**0.5))
