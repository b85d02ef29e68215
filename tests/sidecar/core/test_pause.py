"""The operator wants the sidecar to keep its hands off for a while."""

from __future__ import annotations

import msgspec
import pytest

from sidecar.core.actions import Signal, Start, Watch
from sidecar.core.facts import Facts
from sidecar.core.nouns import Ended, Identity, Pause
from sidecar.core.observations import (
    Absent,
    Appeared,
    Collected,
    PauseAsked,
    Restored,
    ResumeAsked,
    StopAsked,
    Ticked,
)
from sidecar.core.phases import Proving, Stand
from sidecar.core.stories import SERVER, Chapter, Deed
from sidecar.core.view import Status
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)


def paused(seconds: float = 1800.0) -> Playbook:
    book = Playbook()
    book.boots(A)
    book.sees(PauseAsked(book.wall + seconds, "upgrade", "maria"))
    return book


def chapters(book: Playbook) -> list[Chapter]:
    return [entry.owed.message.chapter for entry in book.state.outbox.entries]


def test_nothing_is_done_and_nobody_told_in_a_pause() -> None:
    book = paused()
    assert "Start" not in kinds(book.dies(A, Ended(code=143)) + book.waits(1700))
    assert chapters(book) == []


def test_at_its_end_what_is_still_so_is_news() -> None:
    book = paused()
    book.dies(A, Ended(code=143))
    actions = book.waits(1801)
    assert kinds(actions).count("Start") == 1
    assert chapters(book) == [Chapter.OPENED]
    assert book.view.pause is None


def test_who_was_started_in_a_pause_is_looked_at_and_no_news_if_well() -> None:
    book = paused()
    book.dies(A, Ended(code=143))
    assert book.sees(Appeared(B, adopted=True))[0] == Watch(B)
    assert "Watch" not in kinds(book.proves(B) + book.waits(60))
    assert book.view.ready
    assert kinds(book.sees(ResumeAsked())) == []
    assert (book.phase.stand, chapters(book)) == (Stand.PROVEN, [])


def test_evidence_that_comes_in_a_pause_is_asked_for_again_after_it() -> None:
    book = Playbook()
    book.boots(A)
    book.collects = False
    book.falls_silent(A)
    assert "Collect" in kinds(book.waits(10))
    book.sees(PauseAsked(book.wall + 60, "upgrade", "maria"))
    assert book.phase == Proving(A)
    book.sees(Collected(A, "/evidence/1", (), 0.1))
    assert "Signal" not in kinds(book.waits(59))
    book.collects = True
    actions = book.waits(2)
    assert "Collect" in kinds(actions)
    assert Signal(A, 15) in actions
    assert Deed.UNCOLLECTED not in [done.deed for done in book.state.incidents.open[SERVER].done]


def test_a_sidecar_that_begins_in_a_pause_looks_at_the_server() -> None:
    book = paused()
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    assert kinds(heir.sees(Ticked())) == []
    assert heir.sees(Appeared(A, adopted=True))[0] == Watch(A)


def test_a_server_that_is_well_is_shown_so_in_a_pause_too() -> None:
    book = paused()
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Appeared(A, adopted=True))
    heir.sees(Ticked())
    assert (heir.view.status, heir.phase) == (Status.FAIL, Proving(A))  # it has to prove itself, as ever
    heir.proves(A)
    assert (heir.view.status, heir.phase.stand) == (Status.WARN, Stand.PROVEN)
    assert heir.view.pause is not None


def test_a_pause_can_be_ended() -> None:
    book = paused()
    book.dies(A)
    assert isinstance(book.sees(ResumeAsked())[0], Start)
    assert chapters(book) == [Chapter.OPENED]


def test_a_hang_in_a_pause_is_acted_on_after_it() -> None:
    book = paused()
    book.falls_silent(A)
    assert "Signal" not in kinds(book.waits(600))
    assert Signal(A, 15) in book.sees(ResumeAsked())


def test_a_pause_outlives_the_sidecar_and_still_ends() -> None:
    book = paused()
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Appeared(A, adopted=True))
    assert heir.view.pause is not None
    heir.dies(A)
    assert "Start" not in kinds(heir.waits(1700))
    assert "Start" in kinds(heir.waits(101))


def test_a_death_in_a_pause_that_two_sidecars_saw_is_told_at_its_end() -> None:
    book = paused()
    book.dies(A)
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    assert "Start" not in kinds(heir.sees(Absent()))
    assert "Start" in kinds(heir.sees(ResumeAsked()))
    assert heir.state.incidents.open[SERVER].causes[0].pid == A.pid


def test_a_recording_of_an_earlier_version_has_its_pause() -> None:
    assert msgspec.convert({"pause": {"until": 60.0}}, Facts).pause == Pause(60.0)
    assert msgspec.to_builtins(Facts(asked=Pause(60.0)))["pause"]["until"] == 60.0


def test_a_pause_that_was_over_before_the_next_sidecar_is_none() -> None:
    book = paused()
    heir = Playbook(at=4000.0)
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    assert "Start" in kinds(heir.sees(Absent()))


def test_a_stop_is_obeyed_in_a_pause() -> None:
    book = paused()
    assert Signal(A, 15) in book.sees(StopAsked(leave=False))


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 60.0, -1.5])
def test_a_clock_that_is_set_makes_it_neither_longer_nor_shorter(jump: float) -> None:
    book = paused()
    book.dies(A)
    book.wall += jump
    until = book.wall + 1795
    assert "Start" not in kinds(book.waits(1790))
    assert book.state.facts.pause is not None
    assert book.state.facts.pause.until == pytest.approx(until, abs=6)
    assert book.state.facts.pause.since == pytest.approx(until - 1800, abs=6)
    assert "Start" in kinds(book.waits(20))
    assert chapters(book) == [Chapter.OPENED]


def test_a_pause_that_ends_as_the_next_sidecar_begins_is_over() -> None:
    book = paused(60.0)
    for late, over in ((59.9, False), (60.0, True)):
        heir = Playbook()
        heir.wall = book.wall + late
        heir.sees(Restored(book.state.keeper.memory, seed=1))
        assert (heir.view.pause is None) is over


def test_a_clock_that_was_set_back_before_the_next_sidecar_makes_it_no_longer_than_was_asked_for() -> None:
    book = paused(60.0)
    heir = Playbook()
    heir.wall = book.wall - 7200.0
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    assert heir.view.pause is not None
    assert heir.view.pause.since == heir.wall
    assert heir.view.pause.until == pytest.approx(heir.wall + 60.0)
