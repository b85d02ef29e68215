"""One latency after another to a histogram: an append for each, counted later, in small pieces. Pure."""

from __future__ import annotations

import struct
import sys
from array import array
from collections import Counter
from collections.abc import Iterable

from loadgen.histogram import LONGEST, Histogram

PIECE = 250
"""Samples in one `fold`: some 40 µs, so that whoever sends is not late for it."""
_NEGATIVE = 0x8000
"""The sign of a half-precision float."""
_FIRST = slice(1, None, 2) if sys.byteorder == "little" else slice(0, None, 2)
"""Of half-precision floats in native order: their bytes with sign, exponent and two bits more."""


class Recorder:
    """Counts the samples of a second: `record` only appends, `fold` makes counts of a few hundred at once."""

    __slots__ = ("_counted", "_counts", "_lower", "_max", "_samples", "record")

    def __init__(self) -> None:
        self._samples: list[float] = []
        self.record = self._samples.append
        """Note one latency in seconds; less than nothing (a timer that fired early) is nothing."""
        self._counts: Counter[int] = Counter()
        self._counted = 0
        self._max = 0.0
        self._lower = b""  # all first bytes of half-precision floats that are less than that of the greatest

    def __len__(self) -> int:
        """Samples of this second so far."""
        return len(self._samples) + self._counted

    def fold(self) -> bool:
        """Count a piece, if there is a whole one; whether there is one more."""
        samples = self._samples
        if len(samples) >= PIECE:
            self._count(samples[-PIECE:])
            del samples[-PIECE:]
        return len(samples) >= PIECE

    def turn(self) -> Histogram:
        """The second is over: its histogram."""
        while self.fold():
            pass
        if self._samples:
            self._count(self._samples)
            self._samples.clear()
        counts, counted, most = self._counts, self._counted, self._max
        self._counts, self._counted, self._max, self._lower = Counter(), 0, 0.0, b""
        if counts and max(counts) >= _NEGATIVE:
            counts[0] += sum(counts.pop(number) for number in [*counts] if number >= _NEGATIVE)
        return Histogram(counts=dict(counts), total=counted, max=most)

    def _count(self, samples: list[float]) -> None:
        try:
            halves = struct.pack(f"={len(samples)}e", *samples)
        except OverflowError:
            halves = struct.pack(f"={len(samples)}e", *(min(sample, LONGEST) for sample in samples))
        self._counts.update(array("H", halves))
        self._counted += len(samples)
        # To compare all takes a sixth of the time. Nearly always none has the greatest's first byte, or more.
        if halves[_FIRST].translate(None, self._lower) and (most := max(samples)) > self._max:
            self._max = most
            self._lower = bytes(range(struct.pack("=e", min(most, LONGEST))[_FIRST][0]))


def histogram(samples: Iterable[float]) -> Histogram:
    """What a recorder makes of these."""
    recorder = Recorder()
    for sample in samples:
        recorder.record(sample)
    return recorder.turn()
