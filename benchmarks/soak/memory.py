"""Does memory grow while nothing changes? Pure.

What counts is the last two thirds of the holding: in the first third caches fill, and Python's allocator
takes what it will need. The slope is Theil and Sen's, the median of the slopes between any two samples: a
whim of one sample does not move it.

Flat is at most 1 % in those two thirds, but not less than 2 MiB. Python's allocator takes memory in arenas of
1 MiB, and one step of it is chance; only several are a leak. Hence the longer the soak, the smaller the leak
that it finds: 2 MiB are 36 MiB an hour in five minutes, 6 MiB an hour in thirty, 0.4 MiB in eight hours.
"""

from __future__ import annotations

from itertools import combinations
from statistics import median
from typing import NamedTuple

ARENA = 2**20
"""Bytes that CPython's allocator takes from the system at once."""
STEPS = 2
"""Arenas that are allowed."""
SHARE = 0.01
"""Of the memory at the beginning of what counts."""
_AT_MOST = 300
"""Samples that are compared in pairs."""


class Growth(NamedTuple):
    """In the last two thirds of a soak."""

    seconds: float
    bytes: float
    """By the slope; less than 0 if it shrank."""
    allowed: float

    @property
    def flat(self) -> bool:
        """Whether nothing that can be told from nothing was added."""
        return self.bytes <= self.allowed

    @property
    def per_hour(self) -> float:
        """Bytes."""
        return self.bytes / self.seconds * 3600


def growth(samples: list[tuple[float, int]]) -> Growth | None:
    """Of (seconds, bytes), in order of time; None if there are too few to tell."""
    if not samples:
        return None
    (began, _), (ended, _) = samples[0], samples[-1]
    counted = [sample for sample in samples if sample[0] >= began + (ended - began) / 3]
    counted = counted[:: len(counted) // _AT_MOST + 1]
    slopes = [
        (later - earlier) / (end - begin)
        for (begin, earlier), (end, later) in combinations(counted, 2)
        if end > begin
    ]
    if not slopes:
        return None
    seconds = ended - counted[0][0]
    return Growth(seconds, median(slopes) * seconds, max(STEPS * ARENA, SHARE * counted[0][1]))
