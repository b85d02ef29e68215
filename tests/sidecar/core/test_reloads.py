"""What a reload of the configuration does to a wait that has begun: its length is always the policy's."""

from __future__ import annotations

import math

import msgspec
import pytest

from sidecar.core.actions import Action, Restart
from sidecar.core.nouns import Identity
from sidecar.core.observations import Appeared, PauseAsked, ResumeAsked, Ticked
from sidecar.core.phases import Delayed, Held, Settled
from sidecar.core.policy import Abilities, Policy
from sidecar.core.quantities import Window
from sidecar.core.stories import SERVER, Deed, Done
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)
ONE = (Window(1, 100.0),)


def booted(**policy: object) -> Playbook:
    book = Playbook(Policy(gap=1e6, jitter=0.0, **policy))  # type: ignore[arg-type] # whatever a test sets
    book.boots(A)
    return book


def dead_again(**policy: object) -> Playbook:
    """Its first restart was at once; now it is dead again, and the next has to wait."""
    book = booted(**policy)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.dies(B)
    return book


def reloads(book: Playbook, *, after: float = 0.0, **policy: object) -> list[Action]:
    book.policy = msgspec.structs.replace(book.policy, **policy)
    return book.sees(Ticked(), after=after)


def done(book: Playbook) -> list[Done]:
    return list(book.state.incidents.open[SERVER].done)


@pytest.mark.parametrize(
    ("budget", "room", "window"),
    [
        ((Window(1, 40.0),), 40.0, Window(1, 40.0)),  # less is to be waited
        ((Window(1, 400.0),), 400.0, Window(1, 400.0)),  # more
        ((Window(0, 9.0),), math.inf, Window(0, 9.0)),  # for ever
    ],
)
def test_a_reload_tells_a_hold_anew(budget: tuple[Window, ...], room: float, window: Window) -> None:
    book = dead_again(budget=ONE, backoff_first=0.0)
    began, wall = book.at, book.wall
    reloads(book, after=9, budget=budget)
    assert book.phase == Held(began + room)
    assert done(book)[-1] == Done(Deed.HELD, book.wall, until=wall + room, window=window)
    told = len(done(book))
    assert kinds(reloads(book, after=1, budget=budget)) == []
    assert len(done(book)) == told, "once"
    assert kinds(book.waits(min(room, 1000.0) - 10.1)) == []
    assert kinds(book.waits(0.1)).count("Start") == (room < 1000)


def test_a_hold_ends_as_soon_as_a_reload_makes_room() -> None:
    book = dead_again(budget=ONE, backoff_first=0.0)
    assert "Start" in kinds(reloads(book, after=9, budget=(Window(2, 100.0),)))
    assert done(book)[-1] == Done(Deed.RESTARTED, book.wall)


def test_a_reload_that_leaves_the_window_shorter_than_it_has_lasted_makes_room() -> None:
    book = dead_again(budget=ONE, backoff_first=0.0)
    assert kinds(reloads(book, after=9, budget=(Window(1, 9.5),))) == []
    assert "Start" in kinds(reloads(book, budget=(Window(1, 9.0),)))


def test_a_hold_under_a_short_window_forgets_no_restart_of_a_longer_one() -> None:
    book = booted(budget=(Window(2, 100.0),), backoff_first=0.0)
    began = book.at
    book.dies(A)
    for pid, after in ((101, 20), (102, 1)):
        book.sees(Appeared(Identity(pid, 2), adopted=False), after=after)
        if pid == 102:
            book.policy = msgspec.structs.replace(book.policy, budget=(Window(1, 10.0),))
        book.dies(Identity(pid, 2))
    assert book.phase == Held(began + 30.0), "of the second restart, 1 s ago"
    reloads(book, budget=(Window(2, 100.0),))
    assert book.phase == Held(began + 100.0), "of the first"


def test_what_no_window_counts_any_more_is_forgotten_with_the_next_restart() -> None:
    book = dead_again(budget=ONE, backoff_first=0.0)
    book.waits(100)
    assert [moment.at for moment in book.state.recovery.restarts] == [book.at]


def test_a_pause_outlives_a_reload() -> None:
    book = dead_again(budget=ONE, backoff_first=0.0)
    book.sees(PauseAsked(book.wall + 50, "upgrade", "root"))
    assert kinds(reloads(book, budget=(Window(2, 100.0),))) == []
    assert "Start" in kinds(book.sees(ResumeAsked()))


@pytest.mark.parametrize("first", [3.0, 30.0])
def test_a_reload_makes_a_back_off_that_has_begun_shorter_or_longer_and_tells(first: float) -> None:
    book = dead_again(backoff_first=10.0)
    began, wall = book.at, book.wall
    reloads(book, after=1, backoff_first=first)
    assert book.phase == Delayed(began + first, began)
    assert done(book)[-1] == Done(Deed.DELAYED, book.wall, until=wall + first)
    told = len(done(book))
    reloads(book, after=1, backoff_first=first)
    assert len(done(book)) == told, "once"
    assert "Start" not in kinds(book.waits(first - 2.1))
    assert "Start" in kinds(book.waits(0.1))


def test_a_back_off_that_a_reload_makes_shorter_than_it_has_lasted_is_over() -> None:
    book = dead_again(backoff_first=10.0)
    reloads(book, after=3, backoff_first=3.5)
    assert "Start" in kinds(reloads(book, backoff_first=3.0))
    assert done(book)[-1] == Done(Deed.RESTARTED, book.wall)


def test_a_back_off_that_is_over_only_by_the_old_policy_goes_on() -> None:
    book = dead_again(backoff_first=10.0)
    assert kinds(reloads(book, after=10, backoff_first=12.0)) == []
    assert "Start" in kinds(book.waits(2))


def ill() -> Playbook:
    """With a supervisor, and a budget that an ill server has to wait for."""
    book = booted(budget=ONE, abilities=Abilities(restarts_itself=True))
    book.dies(A)
    book.sees(Appeared(B, adopted=True))
    book.proves(B)
    book.falls_silent(B)
    book.waits(10)
    assert book.phase == Held(book.at + 90.0, B)
    return book


def test_an_ill_server_is_restarted_as_soon_as_a_reload_makes_room() -> None:
    book = ill()
    assert Restart(B) in reloads(book, after=9, budget=(Window(2, 100.0),))


def test_an_ill_server_waits_longer_after_a_reload_that_leaves_less_room() -> None:
    book = ill()
    began = book.at
    assert kinds(reloads(book, after=9, budget=(Window(1, 200.0),))) == []
    assert book.phase == Held(began + 190.0, B)
    assert done(book)[-1].until == book.wall + 181.0
    book.proves(B)
    assert isinstance(book.phase, Settled), "who heals meanwhile is not restarted"
