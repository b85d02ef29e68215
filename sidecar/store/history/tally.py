"""How often which latency was seen, in log-linear buckets as in HdrHistogram: merged by addition. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

_BITS = 4
"""2**4 buckets for each doubling: a value is told as the middle of its own, at most 3.2 % off."""
_FINEST = 1000
"""Of a millisecond: below 32 µs each microsecond has a bucket of its own."""

Tally = dict[int, int]
"""Bucket → seconds."""


def bucket(milliseconds: float) -> int:
    """The number of the bucket that counts this; less than nothing is nothing."""
    value = max(0, round(milliseconds * _FINEST))
    shift = max(value.bit_length() - _BITS - 1, 0)
    return (shift << _BITS) + (value >> shift)


def middle(number: int) -> float:
    """What a bucket stands for, in milliseconds."""
    shift = max((number >> _BITS) - 1, 0)
    lowest = (number - (shift << _BITS)) << shift
    return (lowest + ((1 << shift) - 1) / 2) / _FINEST


def percentile(tally: Mapping[int, int], percent: float) -> float | None:
    """Milliseconds that `percent` (above 0, to 100) of them do not exceed; None without any."""
    wanted = ceil(sum(tally.values()) * percent / 100)
    seen = 0
    for number in sorted(tally):
        seen += tally[number]
        if seen >= wanted:
            return middle(number)
    return None
