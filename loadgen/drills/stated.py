"""What is stated of each drill before it is done. Pure; seconds after the harm."""

from __future__ import annotations

import msgspec

NOTICED = 3.0
"""The sidecar notices within so long (design, §3)."""
SIGNS_FOR = 10.0
"""Two independent signs are missing for so long before a hang is acted on (design, §3)."""
GRACE = 5.0
"""From a limit of the sidecar's to what follows from it, on a busy machine: a look, evidence, a turn."""
EVIDENCE = 3.0
"""The gathering of evidence may hold up the end of an ill server for so long (design, §3)."""
START = 60.0
"""A server that is not ready by then after its start is given up (design, §3)."""
BACK, BACK_WITHIN = 90, 120.0
"""Percent of the clients are back within so long (design, §3)."""
COLLECTING = 20.0
"""A server that has collected garbage for so long without an answer, and answers nothing when it is done, has
no heap left (`heap_after`)."""


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """The objectives of one drill; what is None is not stated."""

    noticed: float | None = NOTICED
    """At most."""
    acted: tuple[float, float] | None = None
    """Not before, and at most."""
    proven: float | None = None
    """At most."""
    told: float | None = None
    """Somebody is told, at most; and in the end that it is over."""
    restarts: int = 1
    """Of the server: so many, no more and no less."""
    clients_lost: int | None = None
    """At most so many lose their connection."""
    back: float = BACK_WITHIN
    """`BACK` percent of the clients, at most."""
    deadline: float = 150.0
    """The drill ends by then."""


def restart_within(acted: float, *, not_before: float = 0.0) -> Stated:
    """The server is replaced: by so long after the harm at the latest that is begun."""
    return Stated(
        acted=(not_before, acted),
        proven=acted + START,
        told=acted + GRACE,
        deadline=acted + START + BACK_WITHIN / 2,
    )


CRASH = restart_within(NOTICED)
HANG = restart_within(NOTICED + SIGNS_FOR + EVIDENCE + GRACE, not_before=SIGNS_FOR)
HEAP = restart_within(
    NOTICED + COLLECTING + GRACE + SIGNS_FOR + EVIDENCE + GRACE, not_before=COLLECTING + GRACE
)
