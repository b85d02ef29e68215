"""Facts to sentences: what message and health say alike."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from datetime import UTC, datetime

from fermatkit.measures import Eater, Reading, Unknown
from sidecar.core.moments import Absence, Meanwhile
from sidecar.core.nouns import Ended, Load, Pause
from sidecar.core.phases import Stand
from sidecar.core.quantities import Window
from sidecar.core.stories import Ack, Cause, Deed, Done, Incident, Topic
from sidecar.faces.figures import count, duration, milliseconds, percent, rate, share
from sidecar.faces.figures import size as bytes_of
from sidecar.faces.reasons import quoted, reason
from sidecar.faces.words import Words

_SHELL = 128
"""A program that ends because of a signal, and not by it, adds this to the signal's number: a JVM does."""


def moment(wall: float, seen_from: float, words: Words) -> str:
    """``21:13:06 UTC``, with the date when it is not the day of ``seen_from``; both epoch seconds."""
    if not math.isfinite(wall):  # a budget of no restarts at all
        return words.phrases.never
    when, today = datetime.fromtimestamp(wall, UTC), datetime.fromtimestamp(seen_from, UTC).date()
    return f"{when:%H:%M:%S} UTC" if when.date() == today else date(wall)


def date(wall: float) -> str:
    """``2026-11-23 21:13:06 UTC``."""
    return f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%d %H:%M:%S} UTC"


def length(incident: Incident, words: Words, now: float) -> str:
    """For how long it lasted, or has lasted by now."""
    return duration(max(0.0, (incident.closed or now) - incident.began), words)


def ending(ended: Ended, words: Words) -> str:
    """How a process ended, decoded: ``exit code 143 (128 + 15: SIGTERM)``."""
    how = _ending(ended, words)
    return words.ends.result.format(how=how, result=ended.result) if ended.result else how


def _ending(ended: Ended, words: Words) -> str:
    ends = words.ends
    if ended.signal is not None:
        text = ends.dumped if ended.dumped else ends.signal
        return text.format(signal=_signal(ended.signal, words), number=ended.signal)
    if ended.code is None:
        return ends.unknown
    if ended.code == 0:
        return ends.zero
    number = ended.code - _SHELL
    if number in signal.valid_signals():
        return ends.shell.format(number=ended.code, signal_number=number, signal=_signal(number, words))
    return ends.code.format(number=ended.code)


def _signal(number: int, words: Words) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return words.ends.nameless.format(number=number)


def cause(what: Cause, words: Words, now: float) -> str:
    """A cause, or a finding told as one, as a whole sentence."""
    return words.trouble[what.trouble].format(**_parts(what, words, now))


def stand(where: Stand, until: float | None, words: Words, now: float) -> str:
    """What the sidecar does, as a whole sentence."""
    return words.stand[where].format(until="" if until is None else moment(until, now, words))


def brief(what: Cause, words: Words) -> str:
    """A cause in a few words."""
    return words.brief[what.trouble].format(**_parts(what, words, what.wall))


def _parts(what: Cause, words: Words, now: float) -> dict[str, str]:
    phrases = words.phrases
    signs = [words.sign[sign] for sign in what.signs]
    why = reason(what.why, words)
    return {
        "pid": phrases.pid_of.format(pid=what.pid) if what.pid else "",
        "how": ending(what.ended or Ended(), words),
        "why": why,
        "why_after": phrases.why_after.format(why=why) if why else "",
        "signs": phrases.both.format(first=", ".join(signs[:-1]), last=signs[-1])
        if len(signs) > 1
        else "".join(signs),
        "since": moment(what.wall, now, words),
        "free": size(what.reading, words),
        "share": _number(what.reading, words, share),
        "percent": _number(what.reading, words, percent),
        "number": _number(what.reading, words, count),
        "span": _number(what.reading, words, duration),
        "rate": _number(what.reading, words, rate),
        "eater": _eater(what.eater, words),
        "limit": words.limit.get(what.measure, "") if what.measure else "",
    }


def deed(done: Done, words: Words, now: float) -> str:
    """What was done, without its time."""
    phrases = words.phrases
    return words.deed[done.deed].format(
        pid_for=phrases.pid_for.format(pid=done.pid) if done.pid else "",
        pid_at=phrases.pid_at.format(pid=done.pid) if done.pid else "",
        pid_as=phrases.pid_as.format(pid=done.pid) if done.pid else "",
        until=moment(done.until, now, words) if done.until else "",
        why=done.why if done.deed is Deed.COLLECTED else reason(done.why, words),  # where, or why
        spent=_spent(done.window, words) if done.window else "",
    )


def _spent(window: Window, words: Words) -> str:
    return words.phrases.spent.format(restarts=window.restarts, within=duration(window.within, words))


def proof(incident: Incident, words: Words) -> str:
    """Why an incident counts as over."""
    if incident.proof is None:
        return words.over.get(incident.causes[0].trouble, words.phrases.well)
    pid, latency = incident.proof.identity.pid, milliseconds(incident.proof.latency, words)
    proven = words.phrases.proven_unowned if incident.proof.owner_unknown else words.phrases.proven
    why = reason(incident.proof.owner_unknown, words)
    return proven.format(pid=pid, latency=latency, why=why)


def pause(what: Pause, words: Words, now: float) -> str:
    """That the sidecar keeps its hands off, as a whole sentence."""
    return words.phrases.paused.format(**_wish(what, words, now))


def load(what: Load, words: Words, now: float, *, began: bool) -> str:
    """That a load was announced, as a whole sentence; `began`: it is told of what began in it."""
    phrase = words.phrases.began_in_load if began else words.phrases.in_load
    return phrase.format(
        clients=count(what.clients, words), who=quoted(what.who, words), until=moment(what.until, now, words)
    )


def silence(topic: Topic, what: Pause, words: Words, now: float) -> str:
    """That nobody is told of something for a while, for a list."""
    return words.phrases.silenced.format(topic=topic, **_wish(what, words, now))


def _wish(what: Pause, words: Words, now: float) -> dict[str, str]:
    """Until when, whose wish it is, and why."""
    phrases = words.phrases
    by = phrases.planned if what.planned else phrases.by.format(by=what.by) if what.by else ""
    return {
        "until": moment(what.until, now, words),
        "by": by,
        "why_after": phrases.why_after.format(why=quoted(what.why, words)) if what.why else "",
    }


def ack(what: Ack, words: Words, now: float) -> str:
    """Who has an incident in hand, as a whole sentence."""
    return words.phrases.acked.format(
        by=what.by,
        since=moment(what.wall, now, words),
        why_after=words.phrases.why_after.format(why=quoted(what.why, words)) if what.why else "",
    )


def absence(what: Absence, words: Words) -> str:
    """How long there was no sidecar, and what became of the server meanwhile."""
    return words.phrases.away.format(
        length=duration(what.until - what.since, words),
        since=date(what.since),
        until=date(what.until),
        meanwhile=words.meanwhile[what.server or Meanwhile.UNKNOWN],
    )


def size(reading: Reading | None, words: Words) -> str:
    """A size in bytes for people, or that it is unknown and why."""
    return _number(reading, words, bytes_of)


def _number(reading: Reading | None, words: Words, spell: Callable[[float, Words], str]) -> str:
    if reading is None or isinstance(reading, Unknown):
        return unknown(reading.why, words) if reading else unread(words.phrases.no_sample, words)
    return spell(reading, words)


def _eater(eater: Eater | None, words: Words) -> str:
    if eater is None:
        return ""
    return words.phrases.eater.format(name=eater.name, pid=eater.pid, size=bytes_of(eater.memory, words))


def unknown(why: str, words: Words) -> str:
    """That there is no reading, and why: in the words of whoever had none."""
    return unread(reason(why, words), words)


def unread(why: str, words: Words) -> str:
    """The same, in words of the catalogue."""
    return words.phrases.unknown.format(why=why)
