"""What operators may ask of a running sidecar, whichever way they reach it; and what becomes of that."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Protocol, get_args

import msgspec

from fermatkit.errors import meant
from fermatkit.units import format_duration
from sidecar.core.nouns import Identity
from sidecar.core.observations import (
    AckAsked,
    LoadAnnounced,
    PauseAsked,
    Report,
    RestartAsked,
    ResumeAsked,
    SilenceAsked,
    UnsilenceAsked,
)
from sidecar.core.rules import CONDITIONS
from sidecar.core.stories import SERVER, Topic

LONGEST_PAUSE = 7 * 86400.0
"""Seconds: a watchdog that is forgotten in a pause is none."""
LONGEST_LOAD = 86400.0
"""Seconds."""
TOPICS = (SERVER, *sorted(trouble.value for trouble in CONDITIONS))
"""What there can be messages about."""


class Pause(msgspec.Struct, frozen=True, tag="pause", tag_field="ask", forbid_unknown_fields=True):
    """Keep the hands off for so many seconds."""

    seconds: float
    why: str = ""


class Resume(msgspec.Struct, frozen=True, tag="resume", tag_field="ask", forbid_unknown_fields=True):
    """No longer."""


class Restart(msgspec.Struct, frozen=True, tag="restart", tag_field="ask", forbid_unknown_fields=True):
    """Another server in place of the one that runs."""

    why: str = ""


class LoadWindow(msgspec.Struct, frozen=True, tag="load-window", tag_field="ask", forbid_unknown_fields=True):
    """So many clients come for so many seconds; 0: they are gone."""

    clients: int
    seconds: float
    who: str


class Ack(msgspec.Struct, frozen=True, tag="ack", tag_field="ask", forbid_unknown_fields=True):
    """Somebody has this open incident in hand."""

    number: int
    why: str = ""


class Silence(msgspec.Struct, frozen=True, tag="silence", tag_field="ask", forbid_unknown_fields=True):
    """No message about this topic for so many seconds."""

    topic: str
    seconds: float
    why: str = ""


class Unsilence(msgspec.Struct, frozen=True, tag="unsilence", tag_field="ask", forbid_unknown_fields=True):
    """No longer."""

    topic: str


class Incidents(msgspec.Struct, frozen=True, tag="incidents", tag_field="ask", forbid_unknown_fields=True):
    """What is open, what was, and who was told."""


class Status(msgspec.Struct, frozen=True, tag="status", tag_field="ask", forbid_unknown_fields=True):
    """One look at the server."""


class Answer(msgspec.Struct, frozen=True):
    """What became of a request: `error`: why it was refused; `until`: when it ends, epoch seconds."""

    error: str = ""
    until: float | None = None
    text: str = ""
    """What is to be read."""


Request = Pause | Resume | Restart | LoadWindow | Ack | Silence | Unsilence | Incidents | Status
WISHES = tuple(str(kind.__struct_config__.tag) for kind in get_args(Request))
"""Their names."""


class Face(Protocol):
    """What the socket shows of the sidecar."""

    def replaceable(self) -> Identity | str:
        """The process that can be replaced now, or why none can."""

    def open_incidents(self) -> Mapping[int, Topic]:
        """Their numbers and topics."""

    def incidents(self) -> str:
        """All that is to be said of them, in lines."""

    def status(self) -> str:
        """How the server is, in lines; the first begins with a mark for that."""


def read(text: bytes) -> object:
    """What was asked, out of its JSON; ValueError says why it is none."""
    try:
        return msgspec.json.decode(text)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def obey(asked: object, by: str, report: Report, face: Face) -> Answer:
    """Do what is asked, as JSON has it, by whom; or say why not."""
    try:
        request = msgspec.convert(asked, Request)
    except msgspec.ValidationError as error:
        return Answer(f"not understood: {error}")
    match request:
        case Incidents():
            return Answer(text=face.incidents())
        case Status():
            return Answer(text=face.status())
        case Resume():
            report(ResumeAsked())
            return Answer()
        case Restart(why=why):
            return _restart(why, by, report, face)
        case LoadWindow():
            return _announce(request, report)
        case Ack():
            return _acknowledge(request, by, report, face)
        case Unsilence(topic=topic) if topic in TOPICS:
            report(UnsilenceAsked(topic))
            return Answer()
        case Unsilence(topic=topic):
            return _no_topic(topic)
    return _keep_still(request, by, report)


def _restart(why: str, by: str, report: Report, face: Face) -> Answer:
    found = face.replaceable()
    if isinstance(found, str):
        return Answer(found)
    report(RestartAsked(found, _line(why), by))
    return Answer(text=f"pid {found.pid}")


def _announce(request: LoadWindow, report: Report) -> Answer:
    """It ends by itself: a generator that lives says it again."""
    if not 0 <= request.seconds <= LONGEST_LOAD or request.clients < 0:
        return Answer(f"a load is of 0 clients or more, and no longer than {format_duration(LONGEST_LOAD)}")
    until = time.time() + request.seconds
    report(LoadAnnounced(until, request.clients, _line(request.who)))
    return Answer(until=until)


def _acknowledge(request: Ack, by: str, report: Report, face: Face) -> Answer:
    known = face.open_incidents()
    if request.number not in known:
        numbers = ", ".join(f"{number} ({topic})" for number, topic in known.items())
        return Answer(f"no incident {request.number} is open; open now: {numbers or 'none'}")
    report(AckAsked(request.number, by, _line(request.why)))
    return Answer(text=known[request.number])


def _keep_still(request: Pause | Silence, by: str, report: Report) -> Answer:
    """For a while: the hands off, or the mouth shut."""
    what = "pause" if isinstance(request, Pause) else "silence"
    if not 0 < request.seconds <= LONGEST_PAUSE:
        return Answer(f"a {what} is longer than nothing and no longer than {format_duration(LONGEST_PAUSE)}")
    until = time.time() + request.seconds
    if isinstance(request, Pause):
        report(PauseAsked(until, _line(request.why), by))
    elif request.topic not in TOPICS:
        return _no_topic(request.topic)
    else:
        report(SilenceAsked(request.topic, until, _line(request.why), by))
    return Answer(until=until)


def _no_topic(topic: str) -> Answer:
    return Answer(f"there are no messages about {topic!r}; {meant(topic, TOPICS)}")


def _line(text: str) -> str:
    return " ".join(text.split())
