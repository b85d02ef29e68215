"""A server with a supervisor that starts it again by itself, for the core's tests."""

from __future__ import annotations

from sidecar.core.nouns import Identity
from sidecar.core.observations import Appeared, Restored, Supervised
from sidecar.core.policy import Abilities, Policy
from sidecar.core.quantities import Window
from sidecar.core.stories import Chapter, Incident
from support.playbook import Playbook

A = Identity(100, 1)
POLICY = Policy(channels=("mail",), abilities=Abilities(restarts_itself=True))
LIMIT = Supervised(limit=Window(4, 600.0))


def supervised(identity: Identity = A) -> Playbook:
    """Over a proven server."""
    book = Playbook(POLICY)
    book.sees(Restored(None, seed=7))
    book.sees(LIMIT)
    book.sees(Appeared(identity, adopted=True))
    book.proves(identity)
    return book


def comes_back(book: Playbook, identity: Identity) -> None:
    book.sees(Appeared(identity, adopted=True), after=0.02)
    book.proves(identity)


def told(book: Playbook) -> list[tuple[Chapter, Incident]]:
    return [(entry.owed.message.chapter, entry.owed.message.incident) for entry in book.state.outbox.entries]
