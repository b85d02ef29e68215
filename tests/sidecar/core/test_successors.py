"""What was so of one process is not so of the next: it has a clean sheet, and has to prove itself."""

from __future__ import annotations

import pytest

from fermatkit.measures import Measure
from sidecar.core.nouns import Identity, Sign, Trouble
from sidecar.core.observations import (
    Answered,
    Appeared,
    Counted,
    Listened,
    Observation,
    Registered,
    Sampled,
    SessionLost,
    StartFailed,
    Unanswered,
)
from sidecar.core.phases import Settled
from sidecar.core.policy import Policy
from sidecar.core.stories import SERVER
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)


def after(*seen: Observation) -> Playbook:
    """The next process, when these had been seen of the one before."""
    book = Playbook(Policy(gap=1e6, continue_deadline=1e6))
    book.boots(A)
    for what in seen:
        book.sees(what)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    return book


def test_it_has_to_own_the_port_itself() -> None:
    book = after()
    assert "Start" not in kinds(book.sees(Registered(B, 0.01)))
    assert not book.view.ready
    assert SERVER in book.view.open
    book.sees(Listened(B, owned=True))
    assert isinstance(book.phase, Settled)


def test_it_has_to_answer_a_registration_itself() -> None:
    book = after()
    book.sees(Listened(B, owned=True))
    assert (book.view.ready, book.view.proof) == (False, None)
    assert SERVER in book.view.open
    book.sees(Registered(B, 0.02))
    assert book.view.open == {}


def test_it_has_the_time_of_a_start() -> None:
    book = after()
    book.waits(59.9)
    assert book.state.findings == {}
    book.waits(0.1)
    assert book.state.findings.keys() == {Trouble.DEAF}


def test_it_is_not_stopped_because_the_other_was() -> None:
    book = after(Sampled(A, "T", {}))
    assert book.state.findings == {}


def test_it_is_not_deaf_for_the_reason_of_the_other() -> None:
    book = after(Listened(A, owned=False, why="held by pid 77"))
    book.waits(60)
    assert book.state.findings[Trouble.DEAF].why == ""


def test_it_is_on_no_wrong_port_because_the_other_was() -> None:
    book = after(SessionLost(A, "x"), Listened(A, owned=False, why="on 9191", elsewhere=(9191,)))
    assert book.state.findings == {}


def test_it_lost_no_race_because_the_other_did() -> None:
    first = Playbook(at=1.0)
    first.boots(A)
    first.dies(A)
    first.sees(Appeared(B, adopted=False))
    first.sees(SessionLost(B, "registration refused", refused=True))
    assert Trouble.COLD_BURST in first.state.findings
    first.dies(B)
    assert Trouble.COLD_BURST not in first.state.findings
    first.sees(Appeared(Identity(102, 3), adopted=False), after=1)
    assert Trouble.COLD_BURST not in first.state.findings


def test_no_sign_of_it_is_known() -> None:
    book = after(Answered(A, Sign.LIST, 0.3), Unanswered(A, Sign.HTTP, "no answer"))
    assert book.view.signs == {}


def test_it_has_not_collected_what_the_other_did() -> None:
    book = Playbook(Policy(gap=1e6))
    book.boots(A)
    for _ in range(6):
        book.sees(Counted(A, {Measure.GC: 95.0}), after=5)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    assert book.state.facts.collecting == 0.0
    book.proves(B)
    book.sees(Unanswered(B, Sign.HTTP, "no answer"))
    book.waits(60)
    assert Trouble.HTTP_DEAD in book.state.findings


def test_its_timers_have_a_slope_of_their_own_and_the_disk_keeps_its_slope() -> None:
    book = Playbook(Policy(gap=1e6))
    book.boots(A)
    for number in range(6):
        book.sees(
            Sampled(A, "S", {Measure.TIMERS: 10.0 * number, Measure.DISK_FREE: 1e12 - 1e6 * number}), after=10
        )
    assert book.state.facts.trends.keys() == {Measure.TIMERS, Measure.DISK_FREE}
    assert book.view.readings[Measure.TIMERS_RISE] == pytest.approx(3600.0)
    book.dies(A)
    assert book.state.facts.trends.keys() == {Measure.DISK_FREE}
    assert set(book.view.readings) == {Measure.DISK_FREE, Measure.DISK_FULL_IN}


def test_a_start_that_works_ends_the_one_that_did_not() -> None:
    book = Playbook(Policy(jitter=0.0))
    book.dies(book.boots(A))
    book.sees(StartFailed("No such file"))
    assert book.state.findings.keys() == {Trouble.START_FAILED}, "that it had exited is no news any more"
    book.sees(Appeared(B, adopted=False))
    assert book.state.findings == {}


@pytest.mark.parametrize("adopted", [False, True])
def test_it_is_shown_since_when_it_is_there_and_whose_it_is(*, adopted: bool) -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    assert book.view.appeared is None
    book.sees(Appeared(B, adopted=adopted), after=1.5)
    appeared = book.wall
    book.waits(30)
    assert (book.view.appeared, book.view.adopted, book.view.identity) == (appeared, adopted, B)
