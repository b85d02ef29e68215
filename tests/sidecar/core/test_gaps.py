"""The sidecar itself was away: stalled, stopped, suspended with its machine."""

from __future__ import annotations

import pytest

from sidecar.core.actions import Signal
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Absent, Answered, Appeared, Restored, Sampled, Ticked, Unanswered
from sidecar.core.phases import Continuing, Proving
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)


def test_a_time_in_which_nobody_looked_counts_for_nothing() -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A)
    assert kinds(book.sees(Ticked(), after=600)) == []
    assert kinds(book.waits(9.9)) == []
    assert Signal(A, 15) in book.waits(0.2)


def test_a_server_that_was_continued_before_the_gap_is_looked_at_before_it_is_killed() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "T", {}))
    assert isinstance(book.phase, Continuing)
    assert Signal(A, 9) not in book.sees(Ticked(), after=60)
    assert Signal(A, 9) not in book.sees(Sampled(A, "S", {}))
    assert isinstance(book.phase, Proving)


def test_a_server_that_was_told_to_end_before_the_gap_has_the_rest_of_its_time() -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A)
    assert Signal(A, 15) in book.waits(10)
    book.waits(4)
    assert Signal(A, 9) not in book.sees(Ticked(), after=600)
    assert Signal(A, 9) not in book.waits(3.4)  # 2.5 of the 4 had been seen
    assert Signal(A, 9) in book.waits(5)


def test_nobody_saw_that_it_was_stable() -> None:
    book = Playbook()
    book.dies(book.boots(A))
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    book.sees(Ticked(), after=600)
    assert book.state.recovery.failures == 1
    book.waits(61)
    assert book.state.recovery.failures == 0


def test_a_start_that_nobody_saw_has_its_time_again() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.waits(50)
    assert "Signal" not in kinds(book.sees(Ticked(), after=3600))
    assert "Signal" in kinds(book.waits(11))


def test_a_sidecar_that_sees_nothing_for_a_while_was_not_away() -> None:
    """Its probes may have nothing to say; it ticks by itself, so that no deadline is put off for ever."""
    book = Playbook()
    book.boots(A)
    book.sees(Unanswered(A, Sign.PONG, "no answer"))
    book.sees(Answered(A, Sign.HTTP, 0.01))
    book.falls_silent(A)
    assert Signal(A, 9) in book.waits(20.1)
    assert all(seen.what == Ticked() for seen, _ in book.past[-4:])


@pytest.mark.parametrize(("pause", "hung"), [(5.0, True), (5.1, False)])
def test_looks_that_are_five_seconds_apart_are_no_gap(pause: float, *, hung: bool) -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A)
    acts = kinds([*book.sees(Ticked(), after=pause), *book.sees(Ticked(), after=pause)])
    assert ("Collect" in acts) is hung
