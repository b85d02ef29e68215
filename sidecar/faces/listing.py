"""``fermat-sidecar incidents``: a view in lines, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator

from sidecar.core.actions import Explain
from sidecar.core.stories import SERVER, Incident
from sidecar.core.view import View
from sidecar.faces import sentences
from sidecar.faces.records import latest_first
from sidecar.faces.words import Words


def listing(view: View, words: Words) -> str:
    """What is open, what ended last, what is silenced, and the last decisions about who is told."""
    phrases = words.phrases
    blocks = [
        (phrases.incidents_open, [line for one in view.open.values() for line in _open(one, view, words)]),
        (phrases.incidents_last, [closed(one, words) for one in latest_first(view)]),
        (
            phrases.silences,
            [sentences.silence(topic, one, words, view.wall) for topic, one in view.silences.items()],
        ),
        (phrases.decisions, [decision(one, words) for one in reversed(view.rulings)]),
    ]
    return "\n\n".join(
        "\n".join([title, *(f"  {line}" for line in lines or [phrases.none])]) for title, lines in blocks
    )


def decision(ruling: Explain, words: Words) -> str:
    """What became of a message for one channel, and why."""
    return words.phrases.decided.format(
        time=sentences.date(ruling.wall),
        message=ruling.message,
        channel=ruling.channel,
        why=words.why[ruling.reason],
    )


def _open(incident: Incident, view: View, words: Words) -> Iterator[str]:
    phrases = words.phrases
    yield opened(incident, words, view.wall)
    yield f"  {sentences.cause(incident.causes[-1], words, view.wall)}"
    if incident.load is not None:
        yield f"  {sentences.load(incident.load, words, view.wall, began=True)}"
    if incident.ack is not None:
        yield f"  {sentences.ack(incident.ack, words, view.wall)}"
    accounts = [account for account in view.accounts if account.topic == incident.topic]
    told = [account.channel for account in accounts if account.believes]
    yield f"  {phrases.told.format(channels=', '.join(told) or phrases.nobody)}"
    for account in accounts:
        if account.held is not None:
            why = words.why[account.reason]
            yield f"  {phrases.held_back.format(channel=account.channel, why=why)}"


def opened(incident: Incident, words: Words, now: float) -> str:
    """One that is open, in a line."""
    return words.phrases.incident_open.format(
        number=incident.number,
        name=name(incident, words),
        since=sentences.date(incident.began),
        length=sentences.length(incident, words, now),
    )


def closed(incident: Incident, words: Words) -> str:
    """One that is over, in a line."""
    return words.phrases.incident_closed.format(
        number=incident.number,
        name=name(incident, words),
        since=sentences.date(incident.began),
        length=sentences.length(incident, words, incident.opened),
        brief=sentences.brief(incident.causes[0], words),
    )


def name(incident: Incident, words: Words) -> str:
    """What it is called in a list."""
    return words.phrases.server if incident.topic == SERVER else words.name[incident.causes[0].trouble]
