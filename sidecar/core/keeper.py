"""What is remembered of a state: the way to Memory. The way back is each slice's own."""

from __future__ import annotations

import msgspec

from sidecar.core import observations as obs
from sidecar.core.accounts import Routing
from sidecar.core.actions import Save
from sidecar.core.chronicle import Incidents
from sidecar.core.facts import Facts, Wanted
from sidecar.core.memory import Memory
from sidecar.core.outbox import Outbox
from sidecar.core.policy import Policy
from sidecar.core.turn import Recovery


class Keeper(msgspec.Struct, frozen=True):
    """What was given to the store last."""

    revision: int = 0
    memory: Memory | None = None
    again_at: float | None = None
    """When a memory that could not be saved is tried again."""
    failed: int = 0
    """How many attempts in a row have failed."""
    why: str = ""
    """Why the last of them did."""


def keep(keeper: Keeper, seen: obs.Seen, memory: Memory, policy: Policy) -> tuple[Keeper, list[Save]]:
    """Save what is new, and again what could not be saved."""
    what = seen.what
    if isinstance(what, obs.SaveFailed) and what.revision == keeper.revision:
        keeper = msgspec.structs.replace(keeper, again_at=seen.at + policy.save_again)
    if isinstance(what, obs.SaveFailed):
        keeper = msgspec.structs.replace(keeper, failed=keeper.failed + 1, why=what.why)
    elif isinstance(what, obs.Saved):
        keeper = msgspec.structs.replace(keeper, failed=0, why="")
    again = keeper.again_at is not None and seen.at >= keeper.again_at
    if memory == keeper.memory and not again:
        return keeper, []
    keeper = msgspec.structs.replace(keeper, revision=keeper.revision + 1, memory=memory, again_at=None)
    return keeper, [Save(keeper.revision, memory)]


def remember(
    facts: Facts, recovery: Recovery, incidents: Incidents, routing: Routing, outbox: Outbox
) -> Memory:
    """The slice that must outlive the sidecar."""
    stopping = facts.wanted is Wanted.STOPPED
    identity = facts.identity
    if facts.exit and facts.exit.number > incidents.exits and facts.wanted is Wanted.RUNNING:
        identity = identity or facts.exit.identity  # no story knows of its death yet: the next sidecar is to
    return Memory(
        seed=recovery.seed,
        identity=identity,
        restarts=tuple(moment.wall for moment in recovery.restarts),
        # Whoever stops and starts the sidecar by hand wants the server now, not after a back-off.
        failures=0 if stopping else recovery.failures,
        deaf=recovery.deaf and not stopping,
        expected=facts.expected,
        lost=facts.lost.wall if facts.lost and facts.expected is not None else None,
        next_number=incidents.next_number,
        incidents=incidents.open,
        owed=tuple(entry.owed for entry in outbox.entries),
        pause=facts.asked,
        load=facts.load,
        resumed=facts.resumed,
        routing=routing,
    )
