"""The seconds of a run added up, in as much memory at its end as at its beginning. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from mmap import mmap

from loadgen.histogram import BUCKETS, Histogram
from loadgen.tally import Tally

_PIECE = 400
"""Buckets that are added at once: some 40 µs."""


class _Sum:
    """A histogram with a place for each bucket: a dictionary's would come up one by one, for hours."""

    __slots__ = ("_counts", "max", "total")

    def __init__(self) -> None:
        # The system gives a page of it only when somebody counts there: latencies of one kind share a few.
        self._counts = memoryview(mmap(-1, BUCKETS * 8)).cast("Q")
        self.total = 0
        self.max = 0.0

    def adding(self, more: Histogram) -> Iterator[None]:
        self.total += more.total
        self.max = max(self.max, more.max)
        counts, buckets = self._counts, iter(more.counts.items())
        while piece := list(islice(buckets, _PIECE)):
            for number, count in piece:
                counts[number] += count
            yield

    def histogram(self) -> Histogram:
        found = {number: count for number, count in enumerate(self._counts) if count}
        return Histogram(found, self.total, self.max)


class Whole:
    """What `Tally.add` of all seconds would give."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._sums: list[_Sum | None] = [None] * len(self._tally.histograms)

    def add(self, second: Tally) -> None:
        """One more second."""
        for _ in self.adding(second):
            pass

    def adding(self, second: Tally) -> Iterator[None]:
        """The same in pieces, for who has something else to do in between."""
        self._tally.count(second)
        for place, more in enumerate(second.histograms):
            if more.total:
                mine = self._sums[place] = self._sums[place] or _Sum()
                yield from mine.adding(more)

    def tally(self) -> Tally:
        """All of it so far; it is the caller's, and what comes later changes it not."""
        whole = Tally()
        whole.count(self._tally)
        for mine, found in zip(self._sums, whole.histograms, strict=True):
            if mine is not None:
                found.add(mine.histogram())
        return whole
