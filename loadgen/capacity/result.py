"""What a search for the capacity came to: `capacity.json`, and a chapter of the report. Pure data."""

from __future__ import annotations

import msgspec


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One load that was tried."""

    clients: int
    carried: bool
    why: str
    """What was missed, in words; empty if it was carried."""
    file: str
    """Its result file, beside `capacity.json`."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One search: from the first step to the knee."""

    steps: tuple[Step, ...]
    """As they were tried."""
    carried: int
    """The most clients that were carried; 0: not even the least load."""
    failed: int | None
    """The fewest that were not; None: even the most that may be tried was carried."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A resource, and how many clients it should last for."""

    resource: str
    """Measure (`fermatkit.measures`) that shows its use."""
    clients: int | None
    """Predicted; None: its limit, or what a client takes of it, is not known."""
    why: str
    """The arithmetic, in words."""
    used: float | None = None
    """Share of the limit that was in use at the last load that was carried, 0 to 1; None: unknown."""


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. Counts are of clients."""

    low: int
    high: int | None
    """The interval that the knee lies in, with `confidence`; None: above the most that was tried."""
    estimate: int | None
    confidence: float
    """0 to 1."""
    rounds: tuple[Round, ...]
    gave_out: str | None
    """The resource that gave out first, as its `Limit` calls it; None: not known."""
    because: str
    """Why that is thought, in words; or why it is not known."""
    limits: tuple[Limit, ...] = ()
    """Predicted before the search, the lowest first."""
    invalid: tuple[str, ...] = ()
    """Why it proves nothing: the generator was the bottleneck."""
