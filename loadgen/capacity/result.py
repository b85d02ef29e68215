"""What a search for the capacity came to: `capacity.json`, and a chapter of the report. Pure data."""

from __future__ import annotations

from enum import StrEnum

import msgspec

NAME = "capacity.json"


class By(StrEnum):
    """What a search makes more and less of: the unit of all its loads."""

    CLIENTS = "clients"
    RATE = "rate"
    """Messages a second of all clients: the highest of the plan's stages."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One load that was tried."""

    load: int
    carried: bool | None
    """None: nobody knows, for the generator was the bottleneck."""
    why: tuple[str, ...] = ()
    """What was missed, or why nobody knows, in words; nothing if it was carried."""
    file: str
    """Its result file, beside `capacity.json`."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """The first: from the first step to the knee. Each later one: the ends of the interval, once more."""

    steps: tuple[Step, ...]
    """As they were tried."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A resource, and how many clients it should last for."""

    resource: str
    """Measure (`fermatkit.measures`) that shows its use; or, of the generator, what the budget calls it."""
    clients: int | None
    """Predicted; None: its limit, or what a client takes of it, is not known."""
    why: str
    """The arithmetic, in words; or what is not known."""
    used: float | None = None
    """Share of the limit that was in use at the greatest load that was carried, 0 to 1; None: unknown."""


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. Loads are in the unit of `by`."""

    by: By = By.CLIENTS
    low: int
    """0: not even a load of 1 is known to be carried."""
    high: int | None
    """The interval that the knee lies in, with `confidence`; None: above the most that was tried."""
    estimate: int | None
    confidence: float
    """0 to 1: what the tries prove, and no more."""
    rounds: tuple[Round, ...]
    gave_out: str | None
    """The resource that gave out first, as its `Limit` calls it; None: not known."""
    because: str
    """Why that is thought, in words; or why it is not known."""
    limits: tuple[Limit, ...] = ()
    """Predicted from the first loads, the lowest first."""
    invalid: tuple[str, ...] = ()
    """Why it proves less than it should: the generator was the bottleneck, or the search was broken off."""
