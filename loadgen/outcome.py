"""What a run came to, as the engine hands it over: clients, counts, and how the generator itself did."""

from __future__ import annotations

import msgspec

from loadgen.tally import Tally


class Clients(msgspec.Struct, frozen=True, kw_only=True):
    """Where they went. asked = registered + failed + unfinished; registered = open + lost + departed."""

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
