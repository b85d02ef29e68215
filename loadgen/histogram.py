"""Latencies in log-linear buckets, as in HdrHistogram: exact to 0.1 %, merged by addition. Pure."""

from __future__ import annotations

from math import ceil

import msgspec

_BITS = 10
"""2**10 buckets for each doubling: none is wider than 1/1024 of its values, below 2,048 ns each is 1 ns."""


def bucket(value: int) -> int:
    """The number of the bucket that counts `value`, in nanoseconds, 0 or more."""
    shift = max(value.bit_length() - _BITS - 1, 0)
    return (shift << _BITS) + (value >> shift)


def top(number: int) -> int:
    """The greatest value, in nanoseconds, that bucket `number` counts."""
    shift = max((number >> _BITS) - 1, 0)
    return ((number - (shift << _BITS) + 1) << shift) - 1


class Histogram(msgspec.Struct):
    """How often which latency was seen; grows with the number of distinct buckets, not of samples."""

    counts: dict[int, int] = {}
    """Bucket → samples, only buckets that have some."""
    total: int = 0
    max: int = 0
    """The greatest value seen, exactly, in nanoseconds."""

    def record(self, seconds: float) -> None:
        """Count one latency; less than nothing (a timer that fired early) is nothing."""
        value = max(int(seconds * 1e9), 0)
        number = bucket(value)
        self.counts[number] = self.counts.get(number, 0) + 1
        self.total += 1
        self.max = max(self.max, value)

    def add(self, other: Histogram) -> None:
        """Count all of `other` too."""
        for number, count in other.counts.items():
            self.counts[number] = self.counts.get(number, 0) + count
        self.total += other.total
        self.max = max(self.max, other.max)

    def percentile(self, percent: float) -> float | None:
        """Seconds that `percent` (above 0, to 100) of the samples do not exceed; None without a sample."""
        wanted = ceil(self.total * percent / 100)
        seen = 0
        for number in sorted(self.counts):
            seen += self.counts[number]
            if seen >= wanted:
                return min(top(number), self.max) / 1e9
        return None
