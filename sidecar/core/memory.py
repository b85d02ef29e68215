"""What must outlive the sidecar: one small slice, with wall times only, for a monotonic clock starts anew."""

from __future__ import annotations

import msgspec

from sidecar.core.accounts import Routing
from sidecar.core.nouns import Identity, Load, Pause
from sidecar.core.stories import Incident, Owed, Topic


class Memory(msgspec.Struct, frozen=True):
    """All that a new sidecar has to know of the one before."""

    seed: int
    """Where jitter comes from."""
    identity: Identity | None = None
    """The server that ran last; None after a clean stop."""
    restarts: tuple[float, ...] = ()
    """When the server was restarted, epoch seconds, as far back as the longest window of the budget."""
    failures: int = 0
    """Restarts since the server was last proven stable: the place in the back-off."""
    deaf: bool = False
    """Whether one was ended for never having been ready, since one was: another restart would not help."""
    expected: float | None = None
    """Connections that were there before the server was lost, if not enough have come back yet."""
    lost: float | None = None
    """When that was, epoch seconds."""
    next_number: int = 1
    """Of the next incident."""
    incidents: dict[Topic, Incident] = {}
    """The open ones."""
    owed: tuple[Owed, ...] = ()
    pause: Pause | None = None
    """The one that was asked for: the calendar's is always there."""
    load: Load | None = None
    """The one that is announced: what is held back for it stays so."""
    resumed: float = 0.0
    """When an operator last ended one, epoch seconds."""
    routing: Routing | None = None
    """None: of a sidecar that told every channel everything."""
