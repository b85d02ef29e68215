"""Where the ladder can stand: one small struct a rung. Moments are monotonic seconds."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Self

import msgspec

from sidecar.core.nouns import Identity


class Stand(StrEnum):
    """Where the ladder stands."""

    UNKNOWN = "unknown"
    STARTING = "starting"
    AWAITING = "awaiting"
    PROVING = "proving"
    PROVEN = "proven"
    SPARING = "sparing"
    COLLECTING = "collecting"
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

    def later(self, away: float) -> Self:
        """The same rung after so many seconds in which nobody looked: what it waits for may be there."""
        del away
        return self


class Unknowing(Phase, frozen=True, tag=True):
    """Not yet known whether a server runs."""

    stand = Stand.UNKNOWN


class Starting(Phase, frozen=True, tag=True):
    """Told to start; not yet heard whether it worked."""

    stand = Stand.STARTING
    setbacks: int
    """How many there had been before."""


class Awaiting(Phase, frozen=True, tag=True):
    """No process, and none that the sidecar could or should start: somebody else does."""

    stand = Stand.AWAITING
    entrusted: bool = False
    """Whether the next will be a restart that its supervisor makes of its own accord."""


class Proving(Phase, frozen=True, tag=True):
    """A process is there; whether it is a server is to be proven."""

    stand = Stand.PROVING
    identity: Identity


class Settled(Phase, frozen=True, tag=True):
    """Proven."""

    stand = Stand.PROVEN
    identity: Identity
    since: float

    def later(self, away: float) -> Self:
        """Stability is what was seen."""
        return msgspec.structs.replace(self, since=self.since + away)


class Sparing(Phase, frozen=True, tag=True):
    """Only another process could help, but now not even that."""

    stand = Stand.SPARING
    identity: Identity
    culprit: str = ""
    """What keeps any process from serving, where that is known."""


class Ordered(Phase, frozen=True):
    """Something was asked for, and has until the deadline to be done; the next rung follows."""

    identity: Identity
    deadline: float

    @property
    def until(self) -> float | None:
        """The deadline."""
        return self.deadline

    def later(self, away: float) -> Self:
        """It may have done its work unseen."""
        return msgspec.structs.replace(self, deadline=self.deadline + away)


class Collecting(Ordered, frozen=True, tag=True):
    """No signal yet: evidence is gathered first, with a deadline of its own."""

    stand = Stand.COLLECTING


class Continuing(Ordered, frozen=True, tag=True):
    """SIGCONT, to a stopped process."""

    stand = Stand.CONTINUING


class Terminating(Ordered, frozen=True, tag=True):
    """SIGTERM."""

    stand = Stand.TERMINATING


class Killing(Ordered, frozen=True, tag=True):
    """SIGKILL; the kernel is tearing the process down."""

    stand = Stand.KILLING


class Delayed(Phase, frozen=True, tag=True):
    """The back-off: the next start waits."""

    stand = Stand.DELAYED
    start_at: float
    """As it was told."""
    since: float
    """From when it counts: its length is asked of the policy at each look."""

    @property
    def until(self) -> float | None:
        """The moment of the start."""
        return self.start_at


class Held(Phase, frozen=True, tag=True):
    """The restart budget is spent; the next start waits until it has room."""

    stand = Stand.HELD
    room_at: float
    """As it was told: whether there is room is asked of the policy at each look."""
    ill: Identity | None = None
    """Who is left as it is meanwhile: its end would be a restart."""

    @property
    def until(self) -> float | None:
        """The moment of the start."""
        return self.room_at


class Over(Phase, frozen=True, tag=True):
    """The sidecar has nothing left to do."""

    stand = Stand.OVER


Rung = (
    Unknowing
    | Starting
    | Awaiting
    | Proving
    | Settled
    | Sparing
    | Collecting
    | Continuing
    | Terminating
    | Killing
    | Delayed
    | Held
    | Over
)
"""Every one of them: what a recorded phase may be read as."""
