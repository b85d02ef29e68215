"""What an engine needs to know of its clients, whatever they do: counts, events, and how acts fall due."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterator

from loadgen.gate import HOPELESS
from loadgen.schedule.events import Event
from loadgen.ticker import following


class Company(ABC):
    """All clients of a run that are one shard's."""

    def __init__(self, ramping: int) -> None:
        """`ramping`: how many of them have a place in the ramp."""
        self.registered_ever = self.failures = self.lost = self.departed = self.left = 0
        """How many clients so far: registered, or open where there is nothing to register. Who was lost or
        departed (as planned) was that before; who is back has not departed, nor is it lost. Who left had the
        goodbye answered."""
        self.gave_up = False
        self.hushed = False
        """Nobody pings any more: there would always be one more answer to wait for."""
        self.settled = asyncio.Event()
        """Every client of the ramp has either been registered or failed."""
        self.persistent = False
        """Who is lost comes back."""
        self.forsaken = asyncio.Event()
        """Nobody is registered, and nobody will be."""
        self._ramping = ramping

    @abstractmethod
    def __len__(self) -> int:
        """How many are there now."""

    @abstractmethod
    def act(self, due: float, event: Event) -> None:
        """Let happen what fell due at `due` (`time.monotonic`)."""

    def stages(self, begin: float, events: Iterator[Event]) -> Iterator[float]:
        """Let all happen that falls due in the stages, whose first begins at `begin`: steps for `drive`."""
        return following(begin, ((event[0], event) for event in events), self.act)

    @abstractmethod
    def tick(self) -> float:
        """Let all do what no schedule tells them, and fail what takes too long; when to look again."""

    @abstractmethod
    async def leave(self, within: float) -> None:
        """All go, in `within` seconds; whoever is not through with the goodbye by then is cut."""

    def _look_around(self) -> None:
        """Somebody has come, or is no more."""
        if self.registered_ever + self.failures >= self._ramping:
            self.settled.set()
        elif self.failures >= HOPELESS and not self.registered_ever:
            self.gave_up = True
        if not (len(self) or self.departed or (self.persistent and self.lost)) and (
            self.settled.is_set() or self.gave_up
        ):
            self.forsaken.set()
