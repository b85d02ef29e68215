"""Incidents and starts of the last months, as the API and ``fermat-sidecar incidents --since`` give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from sidecar.core.nouns import Severity
from sidecar.core.outbox import Taken
from sidecar.core.stories import Cause, Deed, Incident, Topic
from sidecar.faces import sentences
from sidecar.faces.check import Line, iso
from sidecar.faces.label import Label
from sidecar.faces.listing import closed, name, opened
from sidecar.faces.message import render
from sidecar.faces.records import story
from sidecar.faces.state import LoadState, announced
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
    load: LoadState | None
    """The announced load in which it began."""


class Restarted(msgspec.Struct, frozen=True):
    """A process of the server that appeared."""

    time: str | None
    reason: str | None
    """None where no outage made it necessary: the first start, or one after an operator's stop."""
    pid: int | None
    proven: str | None
    """When it was proven to work: of one that ended an outage."""


class Alerted(msgspec.Struct, frozen=True):
    """A message that a channel has taken."""

    time: str | None
    channel: str
    topic: Topic
    title: str


class Incidents(msgspec.Struct, frozen=True):
    """The newest first."""

    incidents: list[Told]
    restarts: list[Restarted]
    alerts: list[Alerted]
    """Of this sidecar's time only, and the last of them."""


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
        announced(incident.load) if incident.load else None,
    )


class Process(NamedTuple):
    """One that appeared, and why there had to be one."""

    wall: float
    pid: int | None
    cause: Cause | None


def restarts(
    known: Iterable[Process], incidents: Iterable[Incident], since: float, words: Words
) -> list[Restarted]:
    """Those that are `known`, and those that stories tell of beside them; with the reason in a few words.

    `since`: none before that, epoch seconds.
    """
    stories = list(incidents)
    every = list(known)
    pids = {one.pid for one in every}
    every += [
        one for story in stories for one in _started(story) if one.pid not in pids and one.wall >= since
    ]
    every.sort(key=lambda one: one.wall, reverse=True)
    return [
        Restarted(
            iso(one.wall),
            sentences.brief(one.cause, words) if one.cause else None,
            one.pid,
            _proven(one, stories),
        )
        for one in every
    ]


def _started(incident: Incident) -> Iterator[Process]:
    """What a story tells of new processes."""
    for done in incident.done:
        if done.deed is Deed.STARTED:
            before = [cause for cause in incident.causes if cause.wall <= done.wall] or incident.causes
            yield Process(done.wall, done.pid, before[-1])


def _proven(process: Process, incidents: Iterable[Incident]) -> str | None:
    """At the end of the outage in which it appeared, if that was the last process of it."""
    for one in incidents:
        proof, until = one.proof, one.closed
        if proof and until and proof.identity.pid == process.pid and one.opened <= process.wall <= until:
            return iso(until)
    return None


def alerted(taken: Taken, label: Label, words: Words) -> Alerted:
    """By its subject."""
    title = render(taken.message, label, words).subject
    return Alerted(iso(taken.wall), taken.channel, taken.message.incident.topic, title)


def listed(incidents: Iterable[Incident], words: Words, now: float) -> str:
    """In lines, with each one's story."""
    blocks = []
    for one in incidents:
        lines = [opened(one, words, now) if one.closed is None else closed(one, words)]
        lines += [f"    {line.time}  {line.text}" for line in story(one, words)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) or words.phrases.none
