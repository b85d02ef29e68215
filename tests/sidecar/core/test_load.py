"""A load that was announced: what begins in it says so, and nothing else changes."""

from __future__ import annotations

import pytest

from sidecar.core.nouns import Identity, Load
from sidecar.core.observations import LoadAnnounced
from sidecar.core.stories import SERVER, Chapter
from support.playbook import Playbook, kinds

A = Identity(100, 1)


def loaded(seconds: float) -> Playbook:
    book = Playbook()
    book.boots(A)
    assert kinds(book.sees(LoadAnnounced(book.wall + seconds, 5000, "loadgen on b"))) == []
    return book


def test_what_begins_in_it_says_so_and_is_told_as_ever() -> None:
    book = loaded(60)
    until = book.wall + 60
    assert book.view.load == Load(until, 5000, "loadgen on b")
    book.dies(A)
    assert book.state.incidents.open[SERVER].load == Load(until, 5000, "loadgen on b")
    (owed,) = (entry.owed for entry in book.state.outbox.entries)
    assert owed.message.chapter is Chapter.OPENED


@pytest.mark.parametrize("ended", ["by itself", "at once"])
def test_it_ends(ended: str) -> None:
    book = loaded(60)
    if ended == "at once":
        book.sees(LoadAnnounced(book.wall, 0, "loadgen on b"))
    else:
        book.waits(60)
    assert book.view.load is None
    book.dies(A)
    assert book.state.incidents.open[SERVER].load is None
