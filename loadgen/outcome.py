"""What a run came to, as the engine hands it over: clients, counts, and how the generator itself did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from loadgen.tally import Tally

Number = TypeVar("Number", int, float)


class Clients(msgspec.Struct, frozen=True, kw_only=True):
    """Where they went. asked = registered + failed + unfinished; registered = open + lost + departed.

    An echo has nothing to register: where this is said of it, its WebSocket was open.
    """

    asked: int
    open: int
    """Registered, and still there when the holding ended."""
    registered: int
    lost: int
    """Registered, and gone before the holding ended."""
    failed: int
    """Tried, and never registered."""
    unfinished: int
    """Not tried, or not through, when the run ended early."""
    left: int | None
    """Of the open ones: said goodbye with close code 1000 and had it answered; None if nobody could tell."""
    aborted: int | None
    """Of the open ones: cut off, because the goodbye was not answered in time; likewise."""
    departed: int = 0
    """Registered, and gone before the holding ended because the plan wants it so."""

    @classmethod
    def of(
        cls,
        asked: int,
        *,
        was_open: int,
        registered: int,
        lost: int,
        failed: int,
        left: int,
        departed: int = 0,
    ) -> Clients:
        """From what a crowd has counted: the rest is what is left over."""
        return cls(
            asked=asked,
            open=was_open,
            registered=registered,
            lost=lost,
            failed=failed,
            unfinished=asked - registered - failed,
            left=left,
            aborted=was_open - left,
            departed=departed,
        )


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """All that a verdict and a report need."""

    clients: Clients
    tally: Tally
    seconds: float
    cpu_seconds: float | None
    """Processor time of the generator, all its threads and workers, if it could be read."""
    rss: int | None
    """Bytes of memory of the generator at the end of the holding, if it could be read."""
    interrupted: bool = False
    gave_up: bool = False
    """Attempt after attempt failed and none succeeded: the rest was not tried."""
    losses: tuple[str, ...] = ()
    """In words, each worker of the generator that ended before its work was over."""
    missed: tuple[str, ...] = ()
    """In words, each threshold of the plan that was missed."""


def together(parts: Sequence[Outcome], losses: Iterable[str]) -> Outcome:
    """One outcome of all, at least one. What is unknown of one is unknown of the whole."""
    tally = Tally()
    for part in parts:
        tally.add(part.tally)
    clients: dict[str, Any] = {
        name: total([getattr(part.clients, name) for part in parts]) for name in Clients.__struct_fields__
    }
    return Outcome(
        clients=Clients(**clients),
        tally=tally,
        seconds=max(part.seconds for part in parts),
        cpu_seconds=total([part.cpu_seconds for part in parts]),
        rss=total([part.rss for part in parts]),
        interrupted=any(part.interrupted for part in parts),
        gave_up=any(part.gave_up for part in parts),
        losses=tuple(losses),
    )


def total(values: Sequence[Number | None]) -> Number | None:
    """The sum; None when one of them is unknown."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if len(known) == len(values) else None
