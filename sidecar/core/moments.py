"""Instants on both clocks: the monotonic one counts, and the wall's outlives the sidecar."""

from __future__ import annotations

import msgspec


class Moment(msgspec.Struct, frozen=True):
    """The same instant on both clocks."""

    at: float
    wall: float


def recalled(wall: float, now: Moment) -> Moment:
    """An instant that an earlier sidecar remembers; never in the future, though the clock was set back."""
    return Moment(min(now.at, now.at - (now.wall - wall)), wall)
