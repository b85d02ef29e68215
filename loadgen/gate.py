"""Connects on their way: so many at once, the rest wait; whoever takes too long is late. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Client = TypeVar("Client", bound=Hashable)
HOPELESS = 100
"""So many failures without one success, and the rest is not tried: there is no server."""
INTERRUPTED_WITHIN = 2.0
"""Seconds for goodbyes when a person ends the run."""


class Gate(Generic[Client]):
    """Clients arrive in order of time; `start` lets one begin, `late` tells of one whose time is over."""

    def __init__(
        self,
        places: int,
        within: float,
        start: Callable[[Client, float], None],
        late: Callable[[Client, bool], None],
    ) -> None:
        """`within`: seconds from the moment a client was due; `late` is also told whether it had begun."""
        self._places = places
        self._within = within
        self._start = start
        self._late = late
        self._waiting: deque[tuple[float, Client]] = deque()
        self._inside: dict[Client, float] = {}  # in order of time, too

    def __len__(self) -> int:
        return len(self._waiting) + len(self._inside)

    def arrive(self, due: float, client: Client) -> None:
        """One more, due at `due`; not before those that arrived earlier."""
        self._waiting.append((due, client))
        self._let_in()

    def leave(self, client: Client) -> None:
        """One is through, or has failed: its place is free. Nothing happens if it has none."""
        if self._inside.pop(client, None) is not None:
            self._let_in()

    def expire(self, now: float) -> None:
        """The time of some may be over."""
        last = now - self._within
        while self._inside and next(iter(self._inside.values())) <= last:
            client = next(iter(self._inside))
            del self._inside[client]
            self._late(client, True)  # noqa: FBT003 - said in __init__
        while self._waiting and self._waiting[0][0] <= last:
            self._late(self._waiting.popleft()[1], False)  # noqa: FBT003 - likewise
        self._let_in()

    def clear(self) -> list[tuple[Client, bool]]:
        """Nobody comes in any more: who was still here, and whether it had begun."""
        left = [
            *((client, True) for client in self._inside),
            *((client, False) for _, client in self._waiting),
        ]
        self._inside.clear()
        self._waiting.clear()
        return left

    def _let_in(self) -> None:
        while self._waiting and len(self._inside) < self._places:
            due, client = self._waiting.popleft()
            self._inside[client] = due
            self._start(client, due)
