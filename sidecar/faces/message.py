"""A message in plain words: what was seen, what was done, what is still open, what a person can do."""

from __future__ import annotations

import math

import msgspec

from fermatkit.measures import Unknown
from sidecar.core.nouns import Trouble
from sidecar.core.outbox import as_of
from sidecar.core.phases import Stand
from sidecar.core.rules import CONDITIONS
from sidecar.core.stories import SERVER, Chapter, Deed, Incident, Message, Reason
from sidecar.faces import figures, sentences
from sidecar.faces.label import Label
from sidecar.faces.reasons import reason
from sidecar.faces.words import Words

SUBJECT = 78
"""Characters: what a line of a mail should not exceed (RFC 5322, 2.1.1), and what a phone shows at once."""


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
        return Rendered(_subject(message, label, words), f"{_parts(message, label, words)}\n\n{signature}\n")
    incident, now = message.incident, as_of(message)
    ending = _ending(message, label, words, now)
    blocks = [
        *_first(message, words, now),
        _seen(incident, words, now),
        *_also(incident, words, now),
        *([sentences.absence(incident.absence, words)] if incident.absence else []),
        _done(incident, words, now),
        *ending,
        *_why_now(message, words),
        signature,
    ]
    short = [*_first(message, words, now), *_gist(incident, words, now), *ending, *_why_now(message, words)]
    return Rendered(
        _subject(message, label, words), "\n\n".join(blocks) + "\n", "\n".join([*short, signature]) + "\n"
    )


def trial(label: Label, words: Words, now: float) -> Rendered:
    """A message without an incident: only to see whether it arrives."""
    texts = words.trial
    body = texts.body.format(host=label.host, server=label.server, now=sentences.date(now))
    signature = words.phrases.signature.format(id=f"test-{now:.0f}", host=label.host, page=label.page)
    return Rendered(_line(texts.subject.format(host=label.host)), f"{body}\n\n{signature}\n")


def _since(incident: Incident) -> float:
    """When it began: a finding is made only after a while."""
    return min([incident.opened, *(cause.wall for cause in incident.causes)])


def _length(incident: Incident, words: Words, now: float) -> str:
    return figures.duration(max(0.0, (incident.closed or now) - _since(incident)), words)


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
            name=words.name.get(first.trouble, ""),
            host=label.host,
            brief=sentences.brief(news, words),
            length=_length(incident, words, as_of(message)),
            count=sum(1 + part.left for part in message.together),
        )
    )


def _line(subject: str) -> str:
    """A header is one line."""
    subject = " ".join(subject.split())
    return subject if len(subject) <= SUBJECT else subject[: SUBJECT - 1] + "…"


def _first(message: Message, words: Words, now: float) -> list[str]:
    """What an end and a spent budget say before all else; an outage begins with what was seen."""
    incident = message.incident
    match message.chapter:
        case Chapter.CLOSED:
            since, until = sentences.date(_since(incident)), sentences.date(now)
            return [
                words.phrases.length.format(length=_length(incident, words, now), since=since, until=until)
            ]
        case Chapter.HELD:
            stand = sentences.stand(Stand.HELD, _room_at(incident), words, now)
            return [f"{words.verdict[Stand.HELD]} {stand}"]
        case Chapter.SPARED:
            return [f"{words.verdict[Stand.SPARING]} {words.stand[Stand.SPARING]}"]
    return []


def _parts(message: Message, label: Label, words: Words) -> str:
    """What was held back: a line for each matter."""
    now = as_of(message)
    lines = [
        f"- {sentences.moment(as_of(part), now, words)}: {_subject(part, label, words)}"
        + (words.phrases.before.format(count=part.left) if part.left else "")
        for part in message.together
    ]
    return "\n".join([words.phrases.together, *lines])


def _why_now(message: Message, words: Words) -> list[str]:
    """Why this message comes, or is the last for a while, where that is not plain."""
    phrases, incident = words.phrases, message.incident
    lines = []
    if message.reason is Reason.ESCALATED:
        lines.append(phrases.escalated)
    if message.reason is Reason.FLAPS:
        lines.append(phrases.flaps)
    if message.left:
        lines.append(phrases.left.format(count=message.left))
    if incident.ack is not None:
        lines.append(sentences.ack(incident.ack, words, as_of(message)))
    elif message.reason in (Reason.ESCALATED, Reason.REMINDER):
        lines.append(phrases.to_ack.format(number=incident.number))
    return lines


def _gist(incident: Incident, words: Words, now: float) -> list[str]:
    """What a phone shows of it: the last cause, the last deed, and where the evidence is."""
    lines = [sentences.cause(one, words, now) for one in (incident.causes[-1], *incident.related[-1:])]
    if incident.topic == SERVER:
        lines.append(_clients(incident, words))
    evidence = [done for done in incident.done[:-1] if done.deed is Deed.COLLECTED]
    return lines + [sentences.deed(done, words, now) for done in (*evidence[-1:], *incident.done[-1:])]


def _seen(incident: Incident, words: Words, now: float) -> str:
    lines = [
        f"- {sentences.moment(cause.wall, now, words)}: {sentences.cause(cause, words, now)}"
        for cause in incident.causes
    ]
    if incident.topic == SERVER:
        lines.append(f"- {_clients(incident, words)}")
    return "\n".join([words.phrases.seen, *lines])


def _also(incident: Incident, words: Words, now: float) -> list[str]:
    """What else is wrong, each with what a person can do about it."""
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


def _ending(message: Message, label: Label, words: Words, now: float) -> list[str]:
    phrases, incident = words.phrases, message.incident
    if message.chapter is Chapter.CLOSED:
        return [f"{phrases.proof} {sentences.proof(incident, words)}"]
    still = f"{phrases.open.format(now=sentences.date(now))} {_open(incident, words)}"
    advice = [_advice(incident, words), *(words.advice[one.trouble] for one in incident.related[-1:])]
    output = label.output or phrases.elsewhere
    return [still, " ".join([phrases.next, *(one.format(output=output) for one in advice)])]


def _advice(incident: Incident, words: Words) -> str:
    match _last(incident):
        case Deed.HELD:
            return words.phrases.by_hand
        case Deed.AWAITED:
            return words.phrases.to_start
        case Deed.LEFT:
            return words.phrases.to_restart
    trouble = incident.causes[-1].trouble
    return words.advice[Trouble.EXITED if _by_plan(incident) else trouble]


def _by_plan(incident: Incident) -> bool:
    """Whether a server that still serves is replaced for a condition."""
    return incident.topic == SERVER and incident.causes[0].trouble in CONDITIONS


def _open(incident: Incident, words: Words) -> str:
    match _last(incident):
        case Deed.ENTRUSTED:
            return words.phrases.open_entrusted
        case Deed.AWAITED:
            return words.phrases.open_awaited
        case Deed.LEFT | Deed.SPARED:
            return words.phrases.open_left
        case Deed.CONTINUED:
            return words.phrases.open_continued
        case Deed.HELD:
            return words.phrases.open_held
        case Deed.RESTARTED:
            return words.phrases.open_restarted
    if incident.causes[-1].trouble is Trouble.NOT_FOUND:
        return words.phrases.open_not_found
    if _by_plan(incident):
        return words.phrases.open_restarted
    return words.still.get(incident.causes[0].trouble, words.phrases.open_acting)


def _last(incident: Incident) -> Deed | None:
    deeds = [
        done.deed for done in incident.done if done.deed is not Deed.RESUMED
    ]  # that is none of the server's
    return deeds[-1] if deeds else None


def _room_at(incident: Incident) -> float:
    """When the budget has room again; infinite when never, or when nothing was held."""
    held = [done.until for done in incident.done if done.deed is Deed.HELD and done.until is not None]
    return held[-1] if held else math.inf
