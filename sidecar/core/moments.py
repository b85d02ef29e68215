"""Instants on both clocks, of which the wall's outlives the sidecar; and the time between two sidecars."""

from __future__ import annotations

from enum import StrEnum

import msgspec

_BRIEF = 10.0
"""Seconds, two of the slowest looks: whoever is back by then was only restarted, which is nothing to tell."""


class Moment(msgspec.Struct, frozen=True):
    """The same instant on both clocks."""

    at: float
    wall: float


def recalled(wall: float, now: Moment) -> Moment:
    """An instant that an earlier sidecar remembers; never in the future, though the clock was set back."""
    return Moment(min(now.at, now.at - (now.wall - wall)), wall)


class Meanwhile(StrEnum):
    """What became of the server while there was no sidecar, as the first look tells."""

    RAN_ON = "ran-on"
    REPLACED = "replaced"
    """It ended, and another process runs."""
    GONE = "gone"
    UNKNOWN = "unknown"
    """None was known to run before, or it may be out of sight."""


class Absence(msgspec.Struct, frozen=True):
    """A time without a sidecar, from the last that the one before has written to the start of the next."""

    since: float
    """Epoch seconds."""
    until: float
    server: Meanwhile | None = None
    """None until somebody has looked."""

    @property
    def matters(self) -> bool:
        """Whether it was long enough, and is known well enough, to be told."""
        return self.until - self.since > _BRIEF and self.server is not None
