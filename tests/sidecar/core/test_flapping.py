"""A session that is lost again and again, and never for long."""

from __future__ import annotations

import pytest

from sidecar.core.nouns import Identity, Trouble
from sidecar.core.observations import SessionLost, Ticked
from sidecar.core.policy import Policy
from support.playbook import Playbook, kinds

A = Identity(100, 1)
WHY = "closed with 1006"


def lost(*seconds: float) -> Playbook:
    """A proven server whose session is lost for so long each time, and opened again but for the last."""
    book = Playbook(Policy(gap=1e6, start_timeout=60.0))
    book.boots(A)
    for number, each in enumerate(seconds):
        if number:
            book.proves(A)
        book.sees(SessionLost(A, WHY))
        book.sees(Ticked(), after=each)
    return book


@pytest.mark.parametrize(("last", "flaps"), [(19.5, False), (20.0, True)])
def test_it_takes_twice_the_time_of_a_start_in_all(last: float, flaps: bool) -> None:
    assert (Trouble.FLAPPING in lost(50, 50, last).state.findings) is flaps


def test_it_is_over_when_half_of_that_has_gone_by_in_service() -> None:
    book = lost(50, 50, 20)
    book.proves(A)
    book.sees(Ticked(), after=60.0)
    finding = book.state.findings[Trouble.FLAPPING]
    assert finding.why == WHY, "though all is well just now"
    book.sees(Ticked(), after=0.5)
    assert Trouble.FLAPPING not in book.state.findings


def test_time_in_service_counts_against_it_but_not_below_nothing() -> None:
    book = lost(50, 50)
    book.proves(A)
    book.sees(Ticked(), after=20)
    assert book.state.facts.wavering == 80.0
    book.sees(Ticked(), after=200)
    assert book.state.facts.wavering == 0.0


def test_long_out_of_service_is_another_story() -> None:
    book = lost(50, 59.5)
    assert book.state.facts.wavering == 109.5
    book.sees(Ticked(), after=0.5)
    assert book.state.facts.wavering == 0.0


def test_a_session_that_is_lost_again_and_again_is_told_once_and_restarts_nothing() -> None:
    book = Playbook()
    identity = book.boots()
    actions = []
    for _ in range(40):
        actions += book.sees(SessionLost(identity, "closed with 1006"), after=1.0)
        actions += book.waits(31.0)
        actions += book.proves(identity)
    assert not {"Signal", "Start", "Collect"} & set(kinds(actions))
    assert Trouble.FLAPPING in book.state.findings
    topics = [entry.owed.message.incident.topic for entry in book.state.outbox.entries]
    assert topics == [Trouble.FLAPPING]
    book.waits(119.0)
    assert Trouble.FLAPPING in book.state.findings
    book.waits(10.0)
    assert Trouble.FLAPPING not in book.state.findings


def test_a_few_lost_sessions_are_no_flapping() -> None:
    book = Playbook()
    identity = book.boots()
    for _ in range(40):
        book.waits(60.0)
        book.sees(SessionLost(identity, "closed with 1006"))
        book.waits(20.0)
        book.proves(identity)
        assert Trouble.FLAPPING not in book.state.findings
