"""Stage 4, one story per cause: opened, acted on, proven over, closed; and what is worth telling of it."""

from __future__ import annotations

import msgspec

from sidecar.core import observations as obs
from sidecar.core.chronicle import (
    Incidents,
    begin,
    close,
    found,
    keep,
    longer,
    message_of,
    resumed_at,
)
from sidecar.core.conditions import also_open, conditions
from sidecar.core.facts import Facts, Wanted
from sidecar.core.findings import Findings
from sidecar.core.moments import Absence
from sidecar.core.nouns import Act, Trouble
from sidecar.core.phases import Collecting, Phase, Settled
from sidecar.core.stories import GATHERED, SERVER, Ack, Cause, Chapter, Deed, Done, Incident, Message, Proof

_FRESH = 60.0
"""Seconds. A story that goes on has a new line as often; one without may have ended, and its end may have
been told, while the memory could not be saved."""

_ACTED_ON = (Act.AWAIT, Act.CONTINUE, Act.RESTART)
"""What belongs to the server's own story."""
_ENDS = (Deed.TERMINATED, Deed.KILLED, Deed.REPLACED)

_CHAPTERS = {Deed.HELD: Chapter.HELD, Deed.SPARED: Chapter.SPARED}
"""The deeds after which nothing more is to be expected of the sidecar for a while."""


def narrate(
    incidents: Incidents, facts: Facts, findings: Findings, phase: Phase, done: list[Done], seen: obs.Seen
) -> tuple[Incidents, list[Message]]:
    """Continue the stories; the messages say what is new in them."""
    if isinstance(seen.what, obs.Restored) and seen.what.memory is not None:
        memory = seen.what.memory
        open_ = {topic: _resumed(incident, seen.wall) for topic, incident in memory.incidents.items()}
        incidents = Incidents(open=open_, next_number=memory.next_number)
    if isinstance(seen.what, obs.AckAsked):
        incidents = _acknowledged(incidents, seen.what, seen.wall)
    incidents = _over_an_absence(incidents, facts)
    if facts.wanted is not Wanted.RUNNING:
        return incidents, []
    incidents, messages = _server(incidents, facts, findings, phase, done, seen)
    incidents, more = conditions(incidents, facts, findings, seen)
    return incidents, messages + more


def _acknowledged(incidents: Incidents, asked: obs.AckAsked, wall: float) -> Incidents:
    ack = Ack(wall, asked.by, asked.why)
    open_ = {
        topic: msgspec.structs.replace(incident, ack=ack) if incident.number == asked.number else incident
        for topic, incident in incidents.open.items()
    }
    return msgspec.structs.replace(incidents, open=open_)


def _over_an_absence(incidents: Incidents, facts: Facts) -> Incidents:
    """Those that were open while there was no sidecar are to say so."""
    absence = facts.absence
    if absence is None or not absence.matters:
        return incidents
    more = {
        topic: msgspec.structs.replace(incident, absence=absence)
        for topic, incident in incidents.open.items()
        if incident.opened <= absence.until
    }
    return msgspec.structs.replace(incidents, open={**incidents.open, **more})


def _server(
    incidents: Incidents, facts: Facts, findings: Findings, phase: Phase, done: list[Done], seen: obs.Seen
) -> tuple[Incidents, list[Message]]:
    incident = incidents.open.get(SERVER)
    if facts.pause is not None:
        return _paused(incidents, facts), []
    causes = _new_causes(incident, incidents, facts, findings, seen)
    done = _of_this_story(done, incident)
    incidents = msgspec.structs.replace(
        incidents, exits=facts.exit.number if facts.exit else 0, start_errors=facts.start_errors
    )
    messages = []
    if incident is None and causes:
        incidents, incident = begin(incidents, SERVER, causes, facts, seen)
        incident = msgspec.structs.replace(
            longer(incident, (), done),
            clients=facts.connected,
            absence=_may_have_begun(facts),
            related=also_open(incidents),
        )
    elif incident is not None and (causes or done):
        incident = longer(incident, causes, done)
    if incident is None:
        return incidents, []
    again = [Chapter.AGAIN] if _down_again(incident, causes, facts) else []
    for chapter in again + _chapters(phase, done):
        if chapter not in incident.told:
            incident = msgspec.structs.replace(incident, told=(*incident.told, chapter))
            messages.append(message_of(incident, chapter))
    if isinstance(phase, Settled) and facts.serving and facts.registered is not None:
        proof = Proof(phase.identity, facts.registered.latency, facts.owner_unknown)
        return close(incidents, incident, proof, messages, seen)
    return keep(incidents, incident), messages


def _may_have_begun(facts: Facts) -> Absence | None:
    """In which absence what is found now may have begun: as long as no server was seen well since."""
    matters = facts.absence is not None and facts.absence.matters and not facts.returned
    return facts.absence if matters else None


def _resumed(incident: Incident, now: float) -> Incident:
    """An earlier sidecar's story; what has become of it since its last line is not known."""
    until = max([cause.wall for cause in incident.causes] + [done.wall for done in incident.done])
    if incident.topic != SERVER or Chapter.OPENED not in incident.told or now - until <= _FRESH:
        return incident
    told = tuple(chapter for chapter in incident.told if chapter is not Chapter.AGAIN)
    incident = msgspec.structs.replace(incident, told=told)
    return longer(incident, (), [Done(Deed.RESUMED, now, until=until)])


def _down_again(incident: Incident, causes: tuple[Cause, ...], facts: Facts) -> bool:
    """Whether people may believe by now that it is well, and it is not."""
    down = facts.known and facts.identity is None
    return resumed_at(incident) is not None and (down or bool(causes))


def _of_this_story(done: list[Done], incident: Incident | None) -> list[Done]:
    """Without evidence of a process whose story is over: it is kept, and by now another may be told."""
    pids = {cause.pid for cause in incident.causes} if incident else set()
    return [one for one in done if one.deed not in GATHERED or one.pid in pids]


def _chapters(phase: Phase, done: list[Done]) -> list[Chapter]:
    """What may be told now; each once."""
    opened = [] if isinstance(phase, Collecting) else [Chapter.OPENED]  # it is to name the evidence
    return opened + [_CHAPTERS[deed.deed] for deed in done if deed.deed in _CHAPTERS]


def _paused(incidents: Incidents, facts: Facts) -> Incidents:
    """What is still so at the end of a pause is news then; whose death somebody has made up for is not."""
    if facts.exit is None or facts.identity is None:
        return incidents
    return msgspec.structs.replace(incidents, exits=facts.exit.number)


def _new_causes(
    incident: Incident | None, incidents: Incidents, facts: Facts, findings: Findings, seen: obs.Seen
) -> tuple[Cause, ...]:
    causes = []
    exit_ = None if facts.rested else facts.exit
    if exit_ is not None and exit_.number > incidents.exits and not ended_by_us(incident, exit_.identity.pid):
        causes.append(Cause(Trouble.EXITED, seen.wall, exit_.identity.pid, ended=exit_.ended))
    if facts.start_errors > incidents.start_errors:
        causes.append(Cause(Trouble.START_FAILED, seen.wall, why=facts.start_error or ""))
    pid = facts.identity.pid if facts.identity else None
    acted_on = [finding for finding in findings.values() if finding.act in _ACTED_ON]
    causes += [found(finding, pid, seen) for finding in acted_on if not _told(incident, finding.trouble, pid)]
    return tuple(causes)


def ended_by_us(incident: Incident | None, pid: int) -> bool:
    """Whether this death is the outcome of our own signal, and so no news."""
    deeds = incident.done if incident else ()
    return any(done.pid == pid and done.deed in _ENDS for done in deeds)


def _told(incident: Incident | None, trouble: Trouble, pid: int | None) -> bool:
    causes = incident.causes if incident else ()
    return any(cause.trouble is trouble and cause.pid == pid for cause in causes)
