"""The budget over a server with a supervisor: when it is spent, and what ends the hold."""

from __future__ import annotations

import pytest

from sidecar.core.actions import Restart, Start, Watch
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import (
    Appeared,
    GaveUp,
    Observation,
    Rested,
    StartFailed,
    Ticked,
)
from sidecar.core.phases import Awaiting, Delayed, Held, Phase, Proving, Settled, Starting
from sidecar.core.stories import SERVER, Chapter, Deed
from support.playbook import Playbook, kinds
from support.supervision import LIMIT, POLICY, A, comes_back, supervised, told

LAST, OTHER = Identity(104, 104), Identity(200, 200)


def spent() -> Playbook:
    """All restarts that its supervisor makes are used up, and the last one is dead, too."""
    book = supervised()
    last = A
    for pid in range(101, 105):
        book.dies(last, Ended(code=0))
        last = Identity(pid, pid)
        book.sees(Appeared(last, adopted=True), after=3.0)
    book.dies(last, Ended(code=0))
    return book


def held() -> Playbook:
    """… and its supervisor gives up."""
    book = spent()
    book.sees(GaveUp("failed"))
    book.waits(20)
    assert isinstance(book.phase, Held)
    return book


def ill() -> Playbook:
    """All are used up, and the last one hangs."""
    book = supervised()
    for pid in range(101, 105):
        book.dies(A if pid == 101 else Identity(pid - 1, pid - 1))
        comes_back(book, Identity(pid, pid))
    book.falls_silent(LAST)
    assert not {"Collect", "Restart", "Signal"} & set(kinds(book.waits(300)))
    assert isinstance(book.phase, Held)
    assert book.phase.ill == LAST
    return book


def test_its_limit_is_part_of_the_budget() -> None:
    book = held()
    done = book.state.incidents.open[SERVER].done[-1]
    assert (done.deed, done.window) == (Deed.HELD, LIMIT.limit)
    assert Chapter.HELD in [chapter for chapter, _ in told(book)]
    assert Start() in book.waits(600)
    assert [one.window for one in book.view.budget] == [*POLICY.budget, LIMIT.limit]


def test_who_is_started_by_somebody_else_in_a_hold_is_looked_at() -> None:
    book = held()
    assert Watch(OTHER) in book.sees(Appeared(OTHER, adopted=True))
    assert isinstance(book.phase, Proving)


def test_an_operator_s_stop_ends_a_hold() -> None:
    book = held()
    book.sees(Rested("systemctl stop"))
    assert isinstance(book.phase, Awaiting)
    assert "Start" not in kinds(book.waits(3600))


@pytest.mark.parametrize(("seen", "rung"), [(Ticked(), Starting), (StartFailed("no polkit"), Delayed)])
def test_an_operator_s_stop_ends_a_back_off_and_a_start_that_is_not_heard_of(
    seen: Observation, rung: type[Phase]
) -> None:
    book = supervised()
    book.dies(A, Ended(code=1))
    book.sees(GaveUp("failed"))
    book.sees(seen)
    assert isinstance(book.phase, rung)
    book.sees(Rested("systemctl stop"))
    assert isinstance(book.phase, Awaiting)
    assert "Start" not in kinds(book.waits(3600))


def test_who_hangs_with_a_spent_budget_is_left_until_it_has_room() -> None:
    assert Restart(LAST) in ill().waits(310)


def test_who_heals_meanwhile_is_not_restarted() -> None:
    book = ill()
    book.proves(LAST)
    assert isinstance(book.phase, Settled)


def test_who_dies_of_it_is_its_supervisor_s_to_start() -> None:
    book = ill()
    assert Watch(None) in book.dies(LAST)
    assert book.phase == Awaiting(entrusted=True)


def test_who_dies_of_it_and_is_given_up_is_started_when_there_is_room() -> None:
    book = ill()
    book.sees(GaveUp("failed"))
    assert Watch(None) in book.dies(LAST)
    book.waits(20)
    assert isinstance(book.phase, Held)
    assert book.phase.ill is None
    assert Start() in book.waits(610)
