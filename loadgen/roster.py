"""Who is registered now: joins, leaves and picks cost the same however many there are. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Client = TypeVar("Client", bound=Hashable)


class Roster(Generic[Client]):
    """A set of clients from which one can be picked by a share of its length."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        """The same list throughout, to be read only."""
        self._places: dict[Client, int] = {}

    def __len__(self) -> int:
        return len(self.clients)

    def __contains__(self, client: Client) -> bool:
        return client in self._places

    def __iter__(self) -> Iterator[Client]:
        return iter(self.clients)

    def add(self, client: Client) -> None:
        """Put a client at the end; it must not be there yet."""
        self._places[client] = len(self.clients)
        self.clients.append(client)

    def remove(self, client: Client) -> None:
        """Take a client out; the last one takes its place. KeyError if it is not there."""
        place = self._places.pop(client)
        last = self.clients.pop()
        if last is not client:
            self.clients[place] = last
            self._places[last] = place

    def pick(self, share: float) -> Client | None:
        """The client at `share` (0 to below 1) of the roster; None if nobody is there."""
        return self.clients[int(share * len(self.clients))] if self.clients else None
