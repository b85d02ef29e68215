"""Findings that people are told of: each a story of its own, or a part of the server's while that is open."""

from __future__ import annotations

import msgspec

from sidecar.core import observations as obs
from sidecar.core.chronicle import Incidents, begin, close, found, keep, message_of
from sidecar.core.facts import Facts
from sidecar.core.findings import Findings
from sidecar.core.nouns import Act, Finding
from sidecar.core.stories import SERVER, Cause, Chapter, Incident, Message

_TOLD = (Act.TELL, Act.HOLD, Act.PLAN)
"""What people are told of, though nothing is done about it at once."""


def conditions(
    incidents: Incidents, facts: Facts, findings: Findings, seen: obs.Seen
) -> tuple[Incidents, list[Message]]:
    """Those that are new, and those that are over.

    A disk that fills and the outage that it causes are one story: what comes up during an outage is told as
    a part of it, and as a story of its own only if it outlasts it. In a pause no outage is told.
    """
    messages: list[Message] = []
    for finding in findings.values():
        server = None if facts.pause else incidents.open.get(SERVER)
        if finding.act not in _TOLD or finding.trouble in incidents.open:
            continue
        if server is None:
            incidents, message = _begun(incidents, facts, finding, seen)
            messages.append(message)
        elif not _part(server, finding):
            server = msgspec.structs.replace(server, related=(*server.related, found(finding, None, seen)))
            incidents = keep(incidents, server)
            if Chapter.OPENED in server.told:
                change = message_of(server, Chapter.CHANGED)
                messages.append(msgspec.structs.replace(change, made=seen.wall))
    for topic, incident in incidents.open.items():
        if topic != SERVER and topic not in findings:
            incidents, messages = close(incidents, incident, None, messages, seen)
    return incidents, messages


def also_open(incidents: Incidents) -> tuple[Cause, ...]:
    """What was wrong already when an outage began."""
    return tuple(incident.causes[0] for incident in incidents.open.values())


def _begun(incidents: Incidents, facts: Facts, finding: Finding, seen: obs.Seen) -> tuple[Incidents, Message]:
    incidents, incident = begin(incidents, finding.trouble, (found(finding, None, seen),), facts, seen)
    incident = msgspec.structs.replace(incident, told=(Chapter.OPENED,))
    return keep(incidents, incident), message_of(incident, Chapter.OPENED)


def _part(server: Incident, finding: Finding) -> bool:
    """Whether it is told as a part of the server's story by now."""
    return finding.trouble in [cause.trouble for cause in server.related]
