"""The book of stories: how one is begun, made longer, kept and closed. What belongs in it others decide."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from sidecar.core import observations as obs
from sidecar.core.facts import Facts
from sidecar.core.nouns import Finding
from sidecar.core.stories import Cause, Chapter, Deed, Done, Incident, Message, Proof, Topic, cause_of

KEPT_FIRST, KEPT_LAST = 4, 12
"""Of a long story the beginning and the end are kept: a memory must not grow without end."""


class Incidents(msgspec.Struct, frozen=True):
    """The open stories, and those that ended last."""

    open: dict[Topic, Incident] = {}
    last: dict[Topic, Incident] = {}
    """Of each topic the one that ended last."""
    next_number: int = 1
    exits: int = 0
    """How many deaths have been taken into account."""
    start_errors: int = 0
    """Likewise."""

    @property
    def known(self) -> tuple[Incident, ...]:
        """All of these."""
        return (*self.last.values(), *self.open.values())


def found(finding: Finding, pid: int | None, seen: obs.Seen) -> Cause:
    """A finding as the cause of a story, with when it began on the wall's clock."""
    return cause_of(finding, pid, seen.wall - (seen.at - finding.since))


def resumed_at(incident: Incident) -> float | None:
    """Epoch seconds; None unless it was taken up from an old memory."""
    return max((one.wall for one in incident.done if one.deed is Deed.RESUMED), default=None)


def begin(
    incidents: Incidents, topic: Topic, causes: tuple[Cause, ...], facts: Facts, seen: obs.Seen
) -> tuple[Incidents, Incident]:
    """A new one, with the next number; it is not kept yet."""
    incident = Incident(incidents.next_number, topic, seen.wall, causes, load=facts.load)
    return msgspec.structs.replace(incidents, next_number=incidents.next_number + 1), incident


def keep(incidents: Incidents, incident: Incident) -> Incidents:
    """With this one as the open one of its topic."""
    return msgspec.structs.replace(incidents, open={**incidents.open, incident.topic: incident})


def close(
    incidents: Incidents, incident: Incident, proof: Proof | None, messages: list[Message], seen: obs.Seen
) -> tuple[Incidents, list[Message]]:
    """It is over: one message more."""
    incident = msgspec.structs.replace(incident, closed=seen.wall, proof=proof)
    left = {topic: other for topic, other in incidents.open.items() if topic != incident.topic}
    incidents = msgspec.structs.replace(
        incidents, open=left, last={**incidents.last, incident.topic: incident}
    )
    return incidents, [*messages, message_of(incident, Chapter.CLOSED)]


def longer(incident: Incident, causes: tuple[Cause, ...], done: list[Done]) -> Incident:
    """With these, too; the middle of a long story is left out."""
    all_causes, all_done = incident.causes + causes, incident.done + tuple(done)
    kept_causes, kept_done = _bounded(all_causes), _bounded(all_done)
    left_out = len(all_causes) - len(kept_causes) + len(all_done) - len(kept_done)
    return msgspec.structs.replace(
        incident, causes=kept_causes, done=kept_done, left_out=incident.left_out + left_out
    )


def message_of(incident: Incident, chapter: Chapter) -> Message:
    """What is told after "again" is no repetition of what may have been told before it."""
    began = (Chapter.AGAIN in incident.told and resumed_at(incident)) or incident.opened
    change = f"-{incident.related[-1].trouble}" if chapter is Chapter.CHANGED else ""
    return Message(f"{incident.number}-{began:.0f}-{chapter}{change}", chapter, incident)


T = TypeVar("T")


def _bounded(things: tuple[T, ...]) -> tuple[T, ...]:
    return things[:KEPT_FIRST] + things[KEPT_FIRST:][-KEPT_LAST:]
