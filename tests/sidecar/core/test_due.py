"""When the loop has to look again though nothing is seen."""

from __future__ import annotations

import pytest

from fermatkit.measures import Measure
from sidecar.core.engine import can_wait, due
from sidecar.core.nouns import Identity, Sign, Trouble
from sidecar.core.observations import (
    Absent,
    Answered,
    Counted,
    HostSampled,
    Observation,
    PauseAsked,
    Restored,
    Sampled,
    SaveFailed,
    StartFailed,
    Ticked,
    Unanswered,
)
from sidecar.core.policy import Policy, Route
from support.playbook import Playbook

A = Identity(100, 1)


def booted(gap: float = 1e6) -> Playbook:
    book = Playbook(Policy(channels=("mail",), gap=gap, jitter=0.0))
    book.boots(A)
    return book


def paused(seconds: float, gap: float = 1e6) -> Playbook:
    """Nothing runs, and nothing is to be started."""
    book = Playbook(Policy(gap=gap))
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(PauseAsked(book.wall + seconds))
    return book


def waits(book: Playbook) -> float:
    return due(book.state, book.policy) - book.at


def test_a_sidecar_with_a_server_looks_at_least_twice_in_what_would_be_a_gap() -> None:
    assert waits(booted(gap=5.0)) == 2.5


def test_a_sidecar_without_a_server_does_so_too() -> None:
    """A look at the machine each five seconds was taken for an absence of as many."""
    assert waits(paused(3600.0, gap=5.0)) == 2.5


@pytest.mark.parametrize(("seconds", "wait"), [(30.0, 30.0), (60.5, 60.0), (3600.0, 60.0)])
def test_a_pause_is_looked_at_each_minute_and_at_its_end(seconds: float, wait: float) -> None:
    assert waits(paused(seconds)) == wait


def test_who_is_told_last_is_told_in_time() -> None:
    book = Playbook(Policy(channels=("phone",), routes={"phone": Route(after=30.0)}, gap=1e6))
    book.boots(A)
    book.sees(Sampled(A, "S", {Measure.DISK_FREE: 5e8}))
    assert waits(book) == 30.0


def test_nothing_else_is_waited_for_when_all_is_well() -> None:
    """Also on a machine that has just started, whose clock is near its beginning."""
    book = Playbook(Policy(gap=1e6), at=0.5)
    book.boots(A)
    assert waits(book) == 5e5


def test_a_back_off_ends_by_itself() -> None:
    book = Playbook(Policy(jitter=0.0))
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(StartFailed("No such file"))
    book.sees(StartFailed("No such file"))
    assert waits(book) == 1.0


def test_a_memory_is_tried_again_and_a_message_leaves_without_it() -> None:
    book = booted()
    book.sees(SaveFailed(book.state.keeper.revision, "No space left on device"))
    assert waits(book) == 5.0
    book = booted()
    book.dies(A)
    assert waits(book) == 1.0


def test_a_busy_server_is_hung_by_time_alone() -> None:
    book = Playbook(Policy(gap=1e6, busy_after=15.0))
    book.boots(A)
    book.falls_silent(A, Sign.HTTP)
    book.waits(2)
    book.falls_silent(A, Sign.PONG)
    book.sees(Counted(A, {Measure.GC: 95.0}), after=8)
    book.waits(6.9)
    assert Trouble.BUSY in book.state.findings
    book.waits(0.1)
    assert Trouble.HUNG in book.state.findings


PONG = Answered(A, Sign.PONG, 0.01)


@pytest.mark.parametrize(
    ("what", "can"),
    [
        (PONG, True),
        (Counted(A, {}), True),
        (HostSampled({}), True),
        (Answered(A, Sign.HTTP, 0.01), False),  # the first one ever
        (Sampled(A, "S", {}), False),
        (Unanswered(A, Sign.PONG, "no pong"), False),
        (Ticked(), False),
    ],
)
def test_what_says_nothing_new_can_wait_while_all_is_well(what: Observation, *, can: bool) -> None:
    book = booted()
    book.sees(PONG)
    assert can_wait(book.state, what) is can


def test_a_sign_that_was_missing_and_what_comes_in_trouble_cannot_wait() -> None:
    book = booted()
    book.sees(PONG)
    book.sees(Unanswered(A, Sign.HTTP, "no answer"))
    assert book.state.facts.serving
    assert not can_wait(book.state, Answered(A, Sign.HTTP, 0.01))
    assert not can_wait(book.state, HostSampled({})), "something is wrong"
    book.sees(Answered(A, Sign.HTTP, 0.01))
    assert can_wait(book.state, Answered(A, Sign.HTTP, 0.01))
    book.dies(A)
    assert not can_wait(book.state, HostSampled({}))


def test_nothing_waits_for_a_server_that_is_not_proven() -> None:
    book = Playbook()
    for what in (Restored(None, seed=1), Absent()):
        assert not can_wait(book.state, HostSampled({}))
        book.sees(what)
    assert not can_wait(book.state, HostSampled({}))
