"""A message in plain words: what was seen, what was done, what is still open, what a person can do."""

from __future__ import annotations

import msgspec

from fermatkit.measures import Unknown
from sidecar.core.nouns import Trouble
from sidecar.core.outbox import as_of
from sidecar.core.phases import Stand
from sidecar.core.stories import GATHERED, SERVER, Chapter, Deed, Incident, Message, Reason
from sidecar.faces import sentences
from sidecar.faces.ending import ending, room_at
from sidecar.faces.label import Label
from sidecar.faces.reasons import reason
from sidecar.faces.words import Words

SUBJECT = 78
"""Characters: what a line of a mail should not exceed (RFC 5322, 2.1.1), and what a phone shows at once."""
SHORT = 1000
"""Characters of a body for a phone: what is read at a glance, and below every service's limit."""


class Rendered(msgspec.Struct, frozen=True):
    """A message as a channel takes it."""

    subject: str
    body: str
    short: str = ""
    """The body for a phone; "" where that is the same."""


def render(message: Message, label: Label, words: Words) -> Rendered:
    """Put a message into words. It says at what time its facts were so: it may arrive much later."""
    signature = words.phrases.signature.format(id=message.id, host=label.host, page=label.page)
    if message.together:
        parts = _parts(message, label, words)
        return Rendered(
            _subject(message, label, words), f"{parts}\n\n{signature}\n", _short(parts, signature)
        )
    incident, now = message.incident, as_of(message)
    last = ending(message, label, words, now)
    blocks = [
        *_first(message, words, now),
        _seen(incident, words, now),
        *_also(incident, words, now),
        *([sentences.absence(incident.absence, words)] if incident.absence else []),
        _done(incident, words, now),
        *last,
        *_why_now(message, words),
        signature,
    ]
    # What can be long stands last: the advice.
    short = [*_first(message, words, now), *_gist(incident, words, now), *_why_now(message, words), *last]
    return Rendered(
        _subject(message, label, words), "\n\n".join(blocks) + "\n", _short("\n".join(short), signature)
    )


def trial(label: Label, words: Words, now: float) -> Rendered:
    """A message without an incident: only to see whether it arrives."""
    texts = words.trial
    body = texts.body.format(host=label.host, server=label.server, now=sentences.date(now))
    signature = words.phrases.signature.format(id=f"test-{now:.0f}", host=label.host, page=label.page)
    return Rendered(_line(texts.subject.format(host=label.host)), f"{body}\n\n{signature}\n")


def _subject(message: Message, label: Label, words: Words) -> str:
    incident = message.incident
    first = incident.causes[0]
    news = incident.related[-1] if incident.related and message.chapter is Chapter.CHANGED else first
    subjects = words.subject if incident.topic == SERVER else words.condition
    subject = subjects[message.chapter]
    if first.trouble is Trouble.NOT_FOUND and message.chapter is Chapter.OPENED:
        subject = words.phrases.not_found
    return _line(
        subject.format(
            name=words.name.get(news.trouble, ""),
            host=label.host,
            brief=sentences.brief(news, words),
            length=sentences.length(incident, words, as_of(message)),
            count=sum(1 + part.left for part in message.together),
        )
    )


def _line(subject: str) -> str:
    """A header is one line."""
    subject = " ".join(subject.split())
    return subject if len(subject) <= SUBJECT else subject[: SUBJECT - 1] + "…"


def _short(text: str, signature: str) -> str:
    """For a phone: its end is cut off where there is too much of it, never who says it."""
    room = SHORT - len(f"\n{signature}\n")
    return f"{text if len(text) <= room else f'{text[: room - 1]}…'}\n{signature}\n"


def _first(message: Message, words: Words, now: float) -> list[str]:
    """What an end and a spent budget say before all else; an outage begins with what was seen."""
    incident = message.incident
    match message.chapter:
        case Chapter.CLOSED:
            since, until = sentences.date(incident.began), sentences.date(now)
            return [
                words.phrases.length.format(
                    length=sentences.length(incident, words, now), since=since, until=until
                )
            ]
        case Chapter.HELD:
            stand = sentences.stand(Stand.HELD, room_at(incident), words, now)
            return [f"{words.verdict[Stand.HELD]} {stand}"]
        case Chapter.SPARED:
            return [f"{words.verdict[Stand.SPARING]} {words.stand[Stand.SPARING]}"]
    return []


def _parts(message: Message, label: Label, words: Words) -> str:
    """What was held back: a line for each matter, the oldest first."""
    now = as_of(message)
    lines = [
        f"- {sentences.moment(as_of(part), now, words)}: {_subject(part, label, words)}"
        + (words.phrases.before.format(count=part.left) if part.left else "")
        for part in sorted(message.together, key=as_of)
    ]
    return "\n".join([words.phrases.together, *lines])


def _why_now(message: Message, words: Words) -> list[str]:
    """Under which load it began; why this comes, or is the last for a while, where that is not plain."""
    phrases, incident = words.phrases, message.incident
    lines = []
    if incident.load is not None:
        lines.append(sentences.load(incident.load, words, as_of(message), began=True))
    if message.reason is Reason.ESCALATED:
        lines.append(phrases.escalated)
    if message.reason is Reason.FLAPS:
        lines.append(phrases.flaps)
    if message.left:
        lines.append(phrases.left.format(count=message.left))
    if incident.ack is not None and message.chapter is not Chapter.CLOSED:
        lines.append(sentences.ack(incident.ack, words, as_of(message)))
    elif message.reason in (Reason.ESCALATED, Reason.REMINDER):
        lines.append(phrases.to_ack.format(number=incident.number))
    return lines


def _gist(incident: Incident, words: Words, now: float) -> list[str]:
    """What a phone shows of it: the last cause, where the evidence is, and the last deed."""
    lines = [sentences.cause(one, words, now) for one in (incident.causes[-1], *incident.related[-1:])]
    if incident.topic == SERVER:
        lines.append(_clients(incident, words))
    evidence = [done for done in incident.done if done.deed is Deed.COLLECTED]
    others = [done for done in incident.done if done.deed not in GATHERED]
    deeds = [sentences.deed(done, words, now) for done in (*evidence[-1:], *others[-1:])]
    return [*lines, f"{words.phrases.done} {'; '.join(deeds)}"] if deeds else lines


def _seen(incident: Incident, words: Words, now: float) -> str:
    lines = [
        f"- {sentences.moment(cause.wall, now, words)}: {sentences.cause(cause, words, now)}"
        for cause in incident.causes
    ]
    if incident.topic == SERVER:
        lines.append(f"- {_clients(incident, words)}")
    return "\n".join([words.phrases.seen, *lines])


def _also(incident: Incident, words: Words, now: float) -> list[str]:
    """What else is wrong."""
    if not incident.related:
        return []
    lines = [
        f"- {sentences.moment(one.wall, now, words)}: {sentences.cause(one, words, now)}"
        for one in incident.related
    ]
    return ["\n".join([words.phrases.also, *lines])]


def _clients(incident: Incident, words: Words) -> str:
    clients = incident.clients
    if clients is None or isinstance(clients, Unknown):
        why = reason(clients.why, words) if clients else words.phrases.no_sample
        return words.phrases.clients_unknown.format(why=why)
    return words.phrases.clients.format(count=f"{clients:.0f}")


def _done(incident: Incident, words: Words, now: float) -> str:
    lines = [
        f"- {sentences.moment(done.wall, now, words)}: {sentences.deed(done, words, now)}"
        for done in incident.done
    ]
    if incident.left_out:
        lines.append(f"- {words.phrases.left_out.format(count=incident.left_out)}")
    return "\n".join([words.phrases.done, *(lines or [f"- {words.phrases.nothing_done}"])])
