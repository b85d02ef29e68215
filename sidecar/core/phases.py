"""Where the ladder can stand: one small struct a rung. Moments are monotonic seconds."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import msgspec

from sidecar.core.nouns import Identity


class Stand(StrEnum):
    """Where the ladder stands."""

    UNKNOWN = "unknown"
    STARTING = "starting"
    PROVING = "proving"
    PROVEN = "proven"
    CONTINUING = "continuing"
    TERMINATING = "terminating"
    KILLING = "killing"
    DELAYED = "delayed"
    HELD = "held"
    OVER = "over"


class Phase(msgspec.Struct, frozen=True):
    """A rung."""

    stand: ClassVar[Stand]

    @property
    def until(self) -> float | None:
        """When time alone moves on from here."""
        return None


class Unknowing(Phase, frozen=True, tag=True):
    """Not yet known whether a server runs."""

    stand = Stand.UNKNOWN


class Starting(Phase, frozen=True, tag=True):
    """Told to start; not yet heard whether it worked."""

    stand = Stand.STARTING
    errors: int
    """How many starts had failed before."""


class Proving(Phase, frozen=True, tag=True):
    """A process is there; whether it is a server is to be proven."""

    stand = Stand.PROVING
    identity: Identity


class Settled(Phase, frozen=True, tag=True):
    """Proven."""

    stand = Stand.PROVEN
    identity: Identity
    since: float


class Continuing(Phase, frozen=True, tag=True):
    """SIGCONT sent to a stopped process."""

    stand = Stand.CONTINUING
    identity: Identity
    deadline: float

    @property
    def until(self) -> float | None:
        """The moment at which SIGKILL follows."""
        return self.deadline


class Terminating(Phase, frozen=True, tag=True):
    """SIGTERM sent."""

    stand = Stand.TERMINATING
    identity: Identity
    deadline: float

    @property
    def until(self) -> float | None:
        """The moment at which SIGKILL follows."""
        return self.deadline


class Killing(Phase, frozen=True, tag=True):
    """SIGKILL sent; the kernel is tearing the process down."""

    stand = Stand.KILLING
    identity: Identity
    deadline: float

    @property
    def until(self) -> float | None:
        """The moment at which it is sent again."""
        return self.deadline


class Delayed(Phase, frozen=True, tag=True):
    """The back-off: the next start waits."""

    stand = Stand.DELAYED
    start_at: float

    @property
    def until(self) -> float | None:
        """The moment of the start."""
        return self.start_at


class Held(Phase, frozen=True, tag=True):
    """The restart budget is spent; the next start waits until it has room."""

    stand = Stand.HELD
    room_at: float

    @property
    def until(self) -> float | None:
        """The moment of the start."""
        return self.room_at


class Over(Phase, frozen=True, tag=True):
    """The sidecar has nothing left to do."""

    stand = Stand.OVER
