"""When things fall due: an open model, known before the run. Pure; times are seconds from a phase's start."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import chain
from random import Random
from typing import Generic, TypeVar

Client = TypeVar("Client")
Arrival = tuple[float, float]
"""A message: when it falls due, and the share of its sender: 0 is the first of the clients registered then,
just below 1 the last. A plain tuple, for there are millions."""
_PIECE = 100
"""Messages whose moments are drawn at once."""


def connects(count: int, rate: float) -> Iterator[float]:
    """`count` connects, evenly `rate` a second."""
    return (number / rate for number in range(count))


def messages(rate: float, duration: float, seed: int) -> Iterator[Arrival]:
    """`rate` messages a second for `duration`: each at a random moment of its own 1/rate, by a random client.

    So the rate is kept in every stretch of time, and yet nothing beats in step with the server. The same
    arguments give the same arrivals, to the bit.
    """
    return chain.from_iterable(_pieces(rate, int(rate * duration), seed))


def _pieces(rate: float, count: int, seed: int) -> Iterator[Iterator[Arrival]]:
    # In short lists: a generator that yields each arrival is resumed for each.
    random = Random(seed).random  # noqa: S311 - a schedule, not a secret
    for first in range(0, count, _PIECE):
        numbers = range(first, min(first + _PIECE, count))
        drawn = [random() for _ in range(2 * len(numbers))]
        dues = [(number + part) / rate for number, part in zip(numbers, drawn[::2], strict=True)]
        yield zip(dues, drawn[1::2], strict=True)


class Agenda(Generic[Client]):
    """Whose turn is when: `add` in any order, `take` in the order of time."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Client]] = []
        self._added = 0  # clients cannot be compared; of two at one time the one added first is first

    def add(self, due: float, client: Client) -> None:
        """Note that `client` has its turn at `due`."""
        heapq.heappush(self._heap, (due, self._added, client))
        self._added += 1

    def take(self, now: float) -> tuple[float, Client] | None:
        """Take the earliest turn that is not after `now`, if there is one."""
        if not self._heap or self._heap[0][0] > now:
            return None
        due, _, client = heapq.heappop(self._heap)
        return due, client
