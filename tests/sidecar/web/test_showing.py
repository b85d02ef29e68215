"""What the faces share: which process may be replaced, and why not."""

from __future__ import annotations

import pytest

from sidecar.core.nouns import Identity
from sidecar.core.observations import Absent, Appeared, PauseAsked, Restored
from sidecar.core.policy import Abilities, Policy
from sidecar.core.quantities import Window
from sidecar.web.showing import Showing
from support.playbook import Playbook
from support.site import LABEL

A, B = Identity(100, 1), Identity(101, 2)


def replaceable(book: Playbook) -> Identity | str:
    return Showing(lambda: book.view, LABEL, "en").replaceable()


def booted(policy: Policy | None = None) -> Playbook:
    book = Playbook(policy)
    book.boots(A)
    return book


def test_the_one_that_runs() -> None:
    assert replaceable(booted()) == A


def test_none_that_would_stay_down() -> None:
    book = booted(Policy(budget=(Window(1, 600.0),)))
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    assert replaceable(book) == "the restart budget is spent, and a server that is ended now would stay down"
    book.waits(601)
    assert replaceable(book) == B


@pytest.mark.parametrize("itself", [False, True])
def test_none_that_is_somebody_else_s(itself: bool) -> None:
    book = booted(Policy(abilities=Abilities(can_start=False, restarts_itself=itself)))
    assert "whoever runs it can restart it" in str(replaceable(book))


def test_none_in_a_pause_nor_when_there_is_none_nor_when_it_is_ended_already() -> None:
    book = booted()
    book.sees(PauseAsked(book.wall + 60))
    assert "end the pause first" in str(replaceable(book))
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    assert replaceable(book) == "no server runs"
    book = booted()
    book.falls_silent(A)
    book.waits(11)
    assert "seen to already (terminating)" in str(replaceable(book))
