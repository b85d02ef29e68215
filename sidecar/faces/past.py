"""Incidents and starts of the last months, as the API and ``fermat-sidecar incidents --since`` give them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sidecar.core.nouns import Severity
from sidecar.core.stories import Cause, Deed, Incident, Topic
from sidecar.faces import sentences
from sidecar.faces.check import Line, iso
from sidecar.faces.listing import closed, name, opened
from sidecar.faces.records import story
from sidecar.faces.words import Words


class Told(msgspec.Struct, frozen=True):
    """An incident, with its whole story."""

    number: int
    topic: Topic
    name: str
    severity: Severity
    opened: str | None
    closed: str | None
    """None while it is open."""
    brief: str
    story: list[Line]
    evidence: list[str]
    """The directories."""


class Restarted(msgspec.Struct, frozen=True):
    """A process of the server that appeared."""

    time: str | None
    reason: str | None
    """None where no outage made it necessary: the first start, or one after an operator's stop."""


class Incidents(msgspec.Struct, frozen=True):
    """The newest first."""

    incidents: list[Told]
    restarts: list[Restarted]


def told(incident: Incident, words: Words) -> Told:
    """In the sentences of /health."""
    return Told(
        incident.number,
        incident.topic,
        name(incident, words),
        incident.severity,
        iso(incident.opened),
        iso(incident.closed),
        sentences.brief(incident.causes[0], words),
        story(incident, words),
        [done.why for done in incident.done if done.deed is Deed.COLLECTED],
    )


def restarted(wall: float, cause: Cause | None, words: Words) -> Restarted:
    """With the reason in a few words."""
    return Restarted(iso(wall), sentences.brief(cause, words) if cause else None)


def listed(incidents: Iterable[Incident], words: Words, now: float) -> str:
    """In lines, with each one's story."""
    blocks = []
    for one in incidents:
        lines = [opened(one, words, now) if one.closed is None else closed(one, words)]
        lines += [f"    {line.time}  {line.text}" for line in story(one, words)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) or words.phrases.none
