"""Stage 5, who is told of which message, and when: what is remembered and asked for; `desk` does the work."""

from __future__ import annotations

import math

import msgspec

from sidecar.core import observations as obs
from sidecar.core.accounts import Account, Routing
from sidecar.core.actions import Explain
from sidecar.core.chronicle import Incidents
from sidecar.core.desk import Desk
from sidecar.core.facts import Facts
from sidecar.core.judging import reminder_at
from sidecar.core.nouns import Pause
from sidecar.core.policy import Policy
from sidecar.core.stories import (
    SERVER,
    Letter,
    Message,
    Reason,
    Topic,
)


def route(
    routing: Routing,
    incidents: Incidents,
    messages: list[Message],
    seen: obs.Seen,
    policy: Policy,
    facts: Facts,
) -> tuple[Routing, list[Letter], list[Explain]]:
    """What is told now, of what is new and of what was held back; and why, or why not."""
    routing = _learn(routing, incidents, seen, policy)
    if not messages and not routing.accounts:
        return routing, [], []
    # In a pause no outage is told, nor that one is still so: who asked for it works on the server.
    silences = routing.silences if facts.pause is None else {**routing.silences, SERVER: facts.pause}
    desk = Desk(routing, incidents, policy, silences, facts)
    for message in messages:
        desk.takes(message)
    for channel in policy.channels:
        desk.looks_again(channel)
    return desk.routing, desk.letters, desk.rulings


def _learn(routing: Routing, incidents: Incidents, seen: obs.Seen, policy: Policy) -> Routing:
    """What was remembered, and what the operator wants."""
    match seen.what:
        case obs.Restored(memory=memory) if memory is not None:
            return memory.routing or _as_told(incidents, seen.wall, policy)
        case obs.SilenceAsked(topic=topic, until=until, why=why, by=by):
            silence = Pause(until, why, by, seen.wall)
            return msgspec.structs.replace(routing, silences={**routing.silences, topic: silence})
        case obs.UnsilenceAsked(topic=topic):
            return _aloud(routing, [topic])
    over = [topic for topic, silence in routing.silences.items() if silence.until <= seen.wall]
    return _aloud(routing, over) if over else routing


def _aloud(routing: Routing, topics: list[Topic]) -> Routing:
    """Without the silences of these."""
    left = {topic: silence for topic, silence in routing.silences.items() if topic not in topics}
    return msgspec.structs.replace(routing, silences=left)


def _as_told(incidents: Incidents, wall: float, policy: Policy) -> Routing:
    """By a sidecar that kept no accounts: every channel was told of everything."""
    open_ = [incident for incident in incidents.open.values() if incident.told]
    return Routing(
        tuple(
            Account(channel, incident.topic, believes=True, told=wall)
            for incident in open_
            for channel in policy.channels
        )
    )


def look_again(routing: Routing, incidents: Incidents, wall: float, policy: Policy) -> float | None:
    """When time alone may have something told, epoch seconds after `wall`; None: not by itself."""
    moments = [_may_change(account, routing, incidents, policy) for account in routing.accounts]
    # What was due before is held back by something else by now, and must not hide what is to come.
    return min((moment if moment > wall else math.inf for moment in moments), default=None)


def _may_change(account: Account, routing: Routing, incidents: Incidents, policy: Policy) -> float:
    if account.held is None:
        incident = incidents.open.get(account.topic)
        return math.inf if incident is None or incident.ack else reminder_at(account, policy)
    match account.reason:
        case Reason.UNESCALATED:
            return account.held.incident.opened + policy.route(account.channel).after
        case Reason.FLAPPING if account.topic in routing.flapping:
            return routing.flapping[account.topic].changed + policy.flap_settled
    return math.inf  # quiet hours, a storm, a silence: a look a minute is enough; a load ends by itself
