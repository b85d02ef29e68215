"""Where the ladder can stand: one small struct a rung. Moments are monotonic seconds."""

from __future__ import annotations

import msgspec

from sidecar.core.nouns import Identity


class Phase(msgspec.Struct, frozen=True):
    """A rung."""

    @property
    def until(self) -> float | None:
        """When time alone moves on from here."""
        return None


class Unknowing(Phase, frozen=True, tag=True):
    """Not yet known whether a server runs."""


class Starting(Phase, frozen=True, tag=True):
    """Told to start; not yet heard whether it worked."""

    errors: int
    """How many starts had failed before."""


class Proving(Phase, frozen=True, tag=True):
    """A process is there; whether it is a server is to be proven."""

    identity: Identity


class Settled(Phase, frozen=True, tag=True):
    """Proven."""

    identity: Identity
    since: float


class Continuing(Phase, frozen=True, tag=True):
    """SIGCONT sent to a stopped process."""

    identity: Identity
    deadline: float

    @property
    def until(self) -> float | None:
        """The moment at which SIGKILL follows."""
        return self.deadline


class Terminating(Phase, frozen=True, tag=True):
    """SIGTERM sent."""

    identity: Identity
    deadline: float

    @property
    def until(self) -> float | None:
        """The moment at which SIGKILL follows."""
        return self.deadline


class Killing(Phase, frozen=True, tag=True):
    """SIGKILL sent; the kernel is tearing the process down."""

    identity: Identity
    deadline: float

    @property
    def until(self) -> float | None:
        """The moment at which it is sent again."""
        return self.deadline


class Delayed(Phase, frozen=True, tag=True):
    """The back-off: the next start waits."""

    start_at: float

    @property
    def until(self) -> float | None:
        """The moment of the start."""
        return self.start_at


class Held(Phase, frozen=True, tag=True):
    """The restart budget is spent; the next start waits until it has room."""

    room_at: float

    @property
    def until(self) -> float | None:
        """The moment of the start."""
        return self.room_at


class Over(Phase, frozen=True, tag=True):
    """The sidecar has nothing left to do."""
