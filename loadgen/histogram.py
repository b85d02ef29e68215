"""Latencies in log-linear buckets, as in HdrHistogram: exact to 0.05 %, merged by addition. Pure.

A bucket is a half-precision float (IEEE 754 binary16): 2**10 of them for each doubling, from 61 µs up to
18 hours. So C code finds the bucket of a sample, and nothing of that runs in the interpreter.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable

import msgspec

GRAIN = 2.0**-24
"""Seconds, 60 ns: below 61 µs buckets are so wide, not narrower. To read the clock takes longer."""
LONGEST = 65504.0
"""Seconds. What lasted longer is counted as this; `max` is exact nevertheless."""
BUCKETS = 31_744
"""Half-precision floats that are neither negative nor infinite."""
PERCENTS = (50.0, 90.0, 99.0, 99.9, 100.0)
"""Those that reports show."""


def value(number: int) -> float:
    """The seconds that bucket `number` (0 to 31,743) stands for: its samples are the nearest to them."""
    (seconds,) = struct.unpack("=e", struct.pack("=H", number))
    return float(seconds)


class Histogram(msgspec.Struct, omit_defaults=True):
    """How often which latency was seen; grows with the number of distinct buckets, not of samples."""

    counts: dict[int, int] = {}
    """Bucket → samples, only buckets that have some."""
    total: int = 0
    max: float = 0.0
    """The greatest sample, exactly, in seconds."""

    def add(self, other: Histogram) -> None:
        """Count all of `other` too."""
        self.total += other.total
        self.max = max(self.max, other.max)
        mine = self.counts
        for number, count in other.counts.items():
            mine[number] = mine.get(number, 0) + count

    def sum_above(self, least: float) -> float:
        """Seconds of all samples above `least` together, as exact as their buckets."""
        found = ((value(number), count) for number, count in self.counts.items())
        return math.fsum(seconds * count for seconds, count in found if seconds > least)

    def percentile(self, percent: float) -> float | None:
        """Seconds that `percent` (above 0, to 100) of the samples do not exceed; None without a sample."""
        return self.percentiles((percent,))[0]

    def percentiles(self, percents: Iterable[float] = PERCENTS) -> list[float | None]:
        """The same of several, which must rise: the buckets are walked through only once."""
        found: list[float | None] = []
        seen, walk = 0, iter(sorted(self.counts.items()))
        number = 0
        for percent in percents:
            wanted = math.ceil(self.total * percent / 100)
            while seen < wanted:
                number, count = next(walk)
                seen += count
            exact = seen == self.total
            found.append(None if not self.total else self.max if exact else min(value(number), self.max))
        return found
