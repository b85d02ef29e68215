"""The dead-man switch outside: when it is told of us, and what. It raises the alarm when it hears nothing.

The beat is decided here and nowhere else: a sidecar whose loop stands still, or takes in nothing, sends none.
"""

from __future__ import annotations

import msgspec

from sidecar.core import observations as obs
from sidecar.core.actions import Beat, Pulse
from sidecar.core.chronicle import Incidents
from sidecar.core.facts import Facts
from sidecar.core.moments import Moment
from sidecar.core.outbox import Outbox
from sidecar.core.policy import Policy
from sidecar.core.stories import SERVER


class Deadman(msgspec.Struct, frozen=True):
    """What the switch was told last, and whether it has heard."""

    next_at: float | None = None
    """When it is told again; None as long as it was told nothing."""
    heard: Moment | None = None
    """When it last answered that it has."""
    failed: int = 0
    """How many attempts in a row have failed since."""
    why: str = ""
    """Why the last of them did."""


def beat(
    deadman: Deadman, seen: obs.Seen, facts: Facts, incidents: Incidents, outbox: Outbox, policy: Policy
) -> tuple[Deadman, list[Beat]]:
    """Learn what became of the last beat, and say which is due now: at the start, then at each interval."""
    deadman = _learn(deadman, seen)
    if policy.deadman is None:
        return deadman, []
    if isinstance(seen.what, obs.Restored):
        pulse = Pulse.STARTED
    elif deadman.next_at is not None and seen.at >= deadman.next_at:
        pulse = _pulse(seen.at, facts, incidents, outbox, policy)
    else:
        return deadman, []
    return msgspec.structs.replace(deadman, next_at=seen.at + policy.deadman), [Beat(pulse)]


def _learn(deadman: Deadman, seen: obs.Seen) -> Deadman:
    match seen.what:
        case obs.BeatHeard():
            return Deadman(deadman.next_at, Moment(seen.at, seen.wall))
        case obs.BeatFailed(why=why):
            return msgspec.structs.replace(deadman, failed=deadman.failed + 1, why=why)
    return deadman


def _pulse(now: float, facts: Facts, incidents: Incidents, outbox: Outbox, policy: Policy) -> Pulse:
    if SERVER in incidents.open and facts.pause is None:  # in a pause no outage is told, here neither
        return Pulse.DOWN
    if any(now - entry.since > policy.outbox_stuck_after for entry in outbox.entries):
        return Pulse.STUCK
    return Pulse.WELL
