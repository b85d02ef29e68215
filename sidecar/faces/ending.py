"""How a message ends: what is still open, what a person can do; or why it may be said that it is over."""

from __future__ import annotations

import math

from sidecar.core.nouns import Trouble
from sidecar.core.rules import CONDITIONS
from sidecar.core.stories import GATHERED, SERVER, Chapter, Deed, Incident, Message
from sidecar.faces import sentences
from sidecar.faces.label import Label
from sidecar.faces.words import Words


def ending(message: Message, label: Label, words: Words, now: float) -> list[str]:
    """Its last blocks, as of this moment, epoch seconds."""
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
    """What was done last about the server: neither what was gathered of it, nor our own new start."""
    deeds = [done.deed for done in incident.done if done.deed not in (Deed.RESUMED, *GATHERED)]
    return deeds[-1] if deeds else None


def room_at(incident: Incident) -> float:
    """When the budget has room again; infinite when never, or when nothing was held."""
    held = [done.until for done in incident.done if done.deed is Deed.HELD and done.until is not None]
    return held[-1] if held else math.inf
