"""Whose turn is when. Pure."""

from __future__ import annotations

import heapq
from math import inf
from typing import Generic, TypeVar

Client = TypeVar("Client")
PERIOD = 0.01
"""Seconds from one beat to the next."""


def beat(now: float) -> float:
    """The next moment for what needs none of its own: the processor wakes once for all that is due at it."""
    return (int(now / PERIOD) + 1) * PERIOD


class Agenda(Generic[Client]):
    """Whose turn is when: `add` in any order, `take` in the order of time."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Client]] = []
        self._added = 0  # clients cannot be compared; of two at one time the one added first is first

    def add(self, due: float, client: Client) -> None:
        """Note that `client` has its turn at `due`."""
        heapq.heappush(self._heap, (due, self._added, client))
        self._added += 1

    @property
    def next(self) -> float:
        """When the earliest turn is; `inf` when there is none."""
        return self._heap[0][0] if self._heap else inf

    def take(self, now: float) -> tuple[float, Client] | None:
        """Take the earliest turn that is not after `now`, if there is one."""
        if not self._heap or self._heap[0][0] > now:
            return None
        due, _, client = heapq.heappop(self._heap)
        return due, client
