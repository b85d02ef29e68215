"""The course of a run: how the clients come (``[ramp]``), and how much is sent when (``[[stage]]``). Pure."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Literal

import msgspec

from fermatkit.toml.texts import line

PerSecond = Annotated[float, msgspec.Meta(ge=0.1, le=100_000, extra={"unit": "rate"})]
Messages = Annotated[float, msgspec.Meta(ge=0, le=1_000_000, extra={"unit": "rate"})]
Length = Annotated[float, msgspec.Meta(ge=0, le=7 * 86_400, extra={"unit": "duration"})]
Name = Annotated[str, msgspec.Meta(extra={"read": line})]

OF_SHAPE = {"linear": ("rate",), "steps": ("each", "every"), "poisson": ("rate",)}
"""Which keys of ``[ramp]`` a shape has beside `shape`."""


class Ramp(msgspec.Struct, frozen=True, kw_only=True):
    """``[ramp]``: when each client falls due to connect, whether earlier ones are through or not."""

    shape: Literal["linear", "steps", "poisson"] = "linear"
    """One after the other, so many at a time, or independent of each other."""
    rate: PerSecond = 250.0
    """Connects a second; with "poisson" on average."""
    each: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    """Clients of a step; without it all come at once."""
    every: Annotated[float, msgspec.Meta(ge=0.01, le=86_400, extra={"unit": "duration"})] = 1.0
    """From one step to the next."""

    def seconds(self, clients: int) -> float:
        """Until all of them have fallen due."""
        if self.shape == "steps":
            return (ceil(clients / (self.each or clients)) - 1) * self.every if clients else 0.0
        return clients / self.rate


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """``[[stage]]``: a stretch of time with a rate of messages that is constant, rises or falls evenly."""

    name: Name = "hold"
    duration: Length
    rate: Messages
    """Messages a second of all clients, at its begin: due whether earlier ones are answered or not."""
    to: Messages | None = None
    """… and at its end; without it the same."""

    @property
    def last_rate(self) -> float:
        """At its end."""
        return self.rate if self.to is None else self.to

    @property
    def messages(self) -> float:
        """That fall due in it."""
        return (self.rate + self.last_rate) / 2 * self.duration
