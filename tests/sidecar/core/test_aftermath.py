"""A death that nobody meant: what it left behind is gathered once, after the start, and told if in time."""

from __future__ import annotations

import pytest

from sidecar.core.actions import Action, Collect, Restart, Signal, Start, Watch
from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Identity, Trouble
from sidecar.core.observations import (
    Absent,
    Appeared,
    Collected,
    Exited,
    PauseAsked,
    Rested,
    Restored,
    ResumeAsked,
    Sampled,
    StartFailed,
    StopAsked,
)
from sidecar.core.phases import Starting
from sidecar.core.policy import Abilities, Policy
from sidecar.core.quantities import Window
from sidecar.core.stories import SERVER, Chapter, Deed, Done
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)
CRASH = Ended(signal=11, dumped=True)
FOUND, SUPERVISED = Abilities(can_start=False), Abilities(restarts_itself=True)


def booted(**policy: object) -> Playbook:
    book = Playbook(Policy(channels=("mail",), gap=1e6, jitter=0.0, **policy))  # type: ignore[arg-type]
    book.boots(A)
    return book


def orders(actions: list[Action]) -> list[Action]:
    """Evidence of the dead."""
    return [action for action in actions if isinstance(action, Collect) and action.ended is not None]


def done(book: Playbook) -> list[Done]:
    return list(book.state.incidents.open[SERVER].done)


def test_it_is_ordered_after_the_start_and_no_rung_waits_for_it() -> None:
    book = booted()
    assert book.dies(A, CRASH)[:3] == [Start(), Watch(None), Collect(A, Trouble.EXITED, CRASH)]
    assert book.phase == Starting(0)


@pytest.mark.parametrize("abilities", [FOUND, SUPERVISED])
def test_it_is_ordered_of_a_server_that_others_start(abilities: Abilities) -> None:
    book = booted(abilities=abilities)
    assert book.dies(A, CRASH)[:2] == [Watch(None), Collect(A, Trouble.EXITED, CRASH)]


def test_each_death_is_looked_into_once_whatever_is_seen_next() -> None:
    book = booted()
    book.dies(A)
    assert orders(book.dies(A) + book.waits(0.5)) == []
    book.sees(Appeared(B, adopted=False))
    assert orders(book.dies(B)) == [Collect(B, Trouble.EXITED, Ended(signal=9))]
    assert orders(book.waits(1.0)) == [], "the start after the back-off is no death"


def test_a_spent_budget_keeps_nobody_from_looking() -> None:
    book = booted(budget=(Window(0, 100.0),))
    assert kinds(book.dies(A))[:2] == ["Watch", "Collect"]


def test_where_it_is_belongs_to_the_story_and_is_in_the_message_of_its_end() -> None:
    book = booted()
    book.dies(A)
    died = book.wall
    book.sees(Collected(A, "/evidence/exited", ("hs-err.txt: no",), 0.1), after=0.5)
    assert done(book) == [
        Done(Deed.RESTARTED, died),
        Done(Deed.COLLECTED, died + 0.5, 100, why="/evidence/exited"),
    ]
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    opened, closed = [entry.owed.message for entry in book.state.outbox.entries]
    assert (opened.chapter, closed.chapter) == (Chapter.OPENED, Chapter.CLOSED)
    assert [one.deed for one in opened.incident.done] == [Deed.RESTARTED]
    assert [one.deed for one in closed.incident.done] == [Deed.RESTARTED, Deed.COLLECTED, Deed.STARTED]


def test_that_there_is_none_belongs_to_it_too() -> None:
    book = booted()
    book.dies(A)
    book.sees(Collected(A, "", ("no space", "no index"), 0.1))
    assert done(book)[-1] == Done(Deed.UNCOLLECTED, book.wall, 100, why="no space; no index")


def test_what_comes_when_all_is_over_is_kept_and_opens_nothing() -> None:
    book = booted()
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    last = book.state.incidents.last
    assert kinds(book.sees(Collected(A, "/evidence/exited", (), 1.9))) == []
    assert SERVER not in book.state.incidents.open
    assert book.state.incidents.last == last


@pytest.mark.parametrize("bundle", ["/evidence/exited", ""])
def test_what_comes_when_all_is_over_is_no_part_of_the_next_story(bundle: str) -> None:
    book = booted(backoff_first=0.0)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    book.dies(B)
    book.sees(Collected(A, bundle, (), 1.9))
    assert [one.deed for one in done(book)] == [Deed.RESTARTED]
    book.sees(Collected(B, "/evidence/exited-2", (), 0.1))
    assert [one.deed for one in done(book)] == [Deed.RESTARTED, Deed.COLLECTED]


def test_of_one_that_dies_while_it_is_looked_at_both_are_gathered_and_told() -> None:
    book = booted()
    book.collects = False
    book.falls_silent(A)
    book.waits(10)
    assert orders(book.dies(A, CRASH)) == [Collect(A, Trouble.EXITED, CRASH)]
    for bundle in ("/hung", "/exited"):
        book.sees(Collected(A, bundle, (), 0.1))
    assert [one.why for one in done(book) if one.deed is Deed.COLLECTED] == ["/hung", "/exited"]


# ---- deaths that were meant ------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [10, 20])
def test_a_death_that_was_ordered_has_had_its_evidence(seconds: float) -> None:
    """By SIGTERM, by SIGKILL."""
    book = booted()
    book.falls_silent(A)
    book.waits(seconds)
    assert "Start" in kinds(died := book.dies(A))
    assert orders(died) == []


def test_one_that_was_killed_without_being_asked_to_end_has_had_it_too() -> None:
    """A stopped one."""
    book = booted()
    book.sees(Sampled(A, "T", {}))
    assert Signal(A, 9) in book.waits(10)
    assert orders(book.dies(A)) == []


def test_one_that_was_replaced_has_had_its_evidence() -> None:
    book = booted(abilities=SUPERVISED)
    book.falls_silent(A)
    assert "Restart" in kinds(book.waits(10))
    assert orders(book.dies(A, Ended(code=143))) == []


def test_one_ordered_end_says_nothing_of_the_next_death() -> None:
    book = booted()
    book.falls_silent(A)
    book.waits(10)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    assert orders(book.dies(B)) == [Collect(B, Trouble.EXITED, Ended(signal=9))]


def test_in_a_pause_and_after_it_nobody_looks() -> None:
    book = booted()
    book.sees(PauseAsked(book.wall + 100, "upgrade", "root"))
    assert orders(book.dies(A) + book.sees(ResumeAsked())) == []
    assert book.phase == Starting(0)


@pytest.mark.parametrize("leave", [True, False])
def test_at_the_sidecars_own_end_nobody_looks(leave: bool) -> None:
    book = booted()
    book.sees(StopAsked(leave=leave))
    assert orders(book.dies(A, Ended(code=143))) == []


def test_what_an_operator_stops_is_not_looked_into() -> None:
    book = booted(abilities=SUPERVISED)
    assert orders(book.sees(Rested("systemctl stop")) + book.dies(A, Ended(code=143))) == []


# ---- deaths that nobody saw ------------------------------------------------------------------------


def test_a_death_that_nobody_saw_is_looked_into() -> None:
    book = Playbook()
    book.sees(Restored(Memory(seed=1, identity=A), seed=2))
    assert book.sees(Absent())[:3] == [Start(), Watch(None), Collect(A, Trouble.EXITED, Ended())]


def test_and_that_of_one_whose_place_another_has_taken() -> None:
    book = booted(abilities=SUPERVISED)
    assert orders(book.sees(Appeared(B, adopted=True))) == [Collect(A, Trouble.EXITED, Ended())]


def test_a_first_start_is_no_death() -> None:
    book = Playbook()
    assert orders(book.sees(Restored(None, seed=1)) + book.sees(Absent())) == []


def doomed() -> Playbook:
    """A new sidecar, after one that had ordered the end of a server."""
    book = booted()
    book.falls_silent(A)
    book.waits(10)
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    return heir


def test_what_the_sidecar_before_has_ended_is_not_looked_into() -> None:
    heir = doomed()
    assert orders(heir.sees(Absent())) == []


def test_what_the_sidecar_before_has_not_ended_is() -> None:
    """The end that was ordered was another's."""
    book = booted()
    book.falls_silent(A)
    book.waits(10)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    assert orders(heir.sees(Absent())) == [Collect(B, Trouble.EXITED, Ended())]


@pytest.mark.parametrize("well", [True, False])
def test_one_that_was_to_end_and_is_well_again_may_die_by_itself(well: bool) -> None:
    heir = doomed()
    heir.sees(Appeared(A, adopted=True))
    if well:
        heir.proves(A)
    assert len(orders(heir.sees(Exited(A, CRASH)))) == well


@pytest.mark.parametrize("well", [True, False])
def test_so_may_one_that_no_order_reached_and_that_was_out_of_sight(well: bool) -> None:
    book = booted(abilities=SUPERVISED)
    book.falls_silent(A)
    assert Restart(A) in book.waits(10)
    book.sees(StartFailed("Interactive authentication required."))
    book.sees(Absent("pid 100 cannot be held: /proc hides it", alive=A))
    book.sees(Appeared(A, adopted=True))
    if well:
        book.proves(A)
    assert len(orders(book.dies(A, CRASH))) == well
