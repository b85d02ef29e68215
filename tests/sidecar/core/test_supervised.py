"""A server with a supervisor that starts it again by itself: what is left to it, and what is not."""

from __future__ import annotations

import pytest

from sidecar.core.actions import Finish, Restart, Signal, Start, Watch
from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Identity, Trouble
from sidecar.core.observations import (
    Absent,
    Appeared,
    GaveUp,
    Listened,
    Observation,
    Registered,
    Rested,
    Restored,
    Sampled,
    StartFailed,
    StopAsked,
    Supervised,
)
from sidecar.core.phases import Awaiting, Delayed, Over, Proving, Settled, Starting, Terminating
from sidecar.core.stories import SERVER, Chapter, Deed, Proof
from support.playbook import Playbook, kinds
from support.supervision import LIMIT, POLICY, A, comes_back, supervised, told

B, C = Identity(101, 2), Identity(102, 3)


def deeds(book: Playbook) -> list[Deed]:
    return [done.deed for done in book.state.incidents.open[SERVER].done]


def restarts(book: Playbook) -> int:
    return len(book.state.recovery.restarts)


def hangs(book: Playbook) -> list[str]:
    book.falls_silent(A)
    return kinds(book.waits(11))


def test_a_crash_is_left_to_it_told_and_proven() -> None:
    book = supervised()
    assert not {"Start", "Restart", "Signal"} & set(kinds(book.dies(A)))
    assert isinstance(book.phase, Awaiting)
    comes_back(book, B)
    opened, closed = told(book)
    assert opened[0] is Chapter.OPENED
    assert [done.deed for done in opened[1].done] == [Deed.ENTRUSTED]
    assert closed[0] is Chapter.CLOSED
    assert [done.deed for done in closed[1].done] == [Deed.ENTRUSTED, Deed.STARTED]
    assert closed[1].proof is not None
    assert restarts(book) == 1


def test_one_that_the_supervisor_has_replaced_unseen_has_died_all_the_same() -> None:
    book = supervised()
    comes_back(book, B)
    assert [chapter for chapter, _ in told(book)] == [Chapter.OPENED, Chapter.CLOSED]
    assert restarts(book) == 1


def test_a_hang_is_one_order_to_the_supervisor() -> None:
    book = supervised()
    assert hangs(book) == ["Collect", "Restart", "Explain", "Send"]
    assert isinstance(book.phase, Terminating)
    assert restarts(book) == 1
    actions = book.dies(A, Ended(signal=15))
    assert "Start" not in kinds(actions)
    comes_back(book, B)
    assert restarts(book) == 1
    (_, closed) = told(book)[-1]
    assert [done.deed for done in closed.done] == [Deed.COLLECTED, Deed.REPLACED, Deed.STARTED]
    assert [cause.trouble for cause in closed.causes] == [Trouble.HUNG]


def test_one_that_ignores_sigterm_is_killed_into_the_same_order() -> None:
    book = supervised()
    hangs(book)
    actions = book.waits(11)
    assert Signal(A, 9) in actions
    assert "Restart" not in kinds(actions)
    book.dies(A)
    comes_back(book, B)
    assert isinstance(book.phase, Settled)
    assert restarts(book) == 1


def test_a_stopped_one_that_does_not_continue_is_replaced_too() -> None:
    book = supervised()
    book.sees(Sampled(A, "T", {}))
    for _ in range(11):
        book.sees(Sampled(A, "T", {}), after=1.0)
    assert isinstance(book.phase, Terminating)
    assert deeds(book) == [Deed.CONTINUED, Deed.COLLECTED, Deed.REPLACED]


def test_when_it_gives_up_the_sidecar_starts_it_after_the_back_off() -> None:
    book = supervised()
    book.dies(A, Ended(code=0))
    book.sees(Appeared(B, adopted=True))
    book.dies(B, Ended(code=0))
    assert "Start" not in kinds(book.sees(GaveUp("failed")))
    assert isinstance(book.phase, Delayed)
    assert deeds(book)[-2:] == [Deed.ABANDONED, Deed.DELAYED]
    assert Start() in book.waits(3)
    assert isinstance(book.phase, Starting)
    comes_back(book, C)
    assert isinstance(book.phase, Settled)
    assert restarts(book) == 2


def test_who_was_replaced_is_no_longer_looked_at() -> None:
    book = supervised()
    book.falls_silent(A)
    assert Restart(A) in book.waits(12)
    assert Watch(None) in book.dies(A, Ended(code=143))


@pytest.mark.parametrize("dies_first", [False, True])
def test_an_operator_s_stop_is_respected_and_nobody_is_told(dies_first: bool) -> None:
    book = supervised()
    stop = [Rested("systemctl stop")]
    death = [lambda: book.dies(A, Ended(code=143))]
    if not dies_first:
        book.sees(stop[0])
        death[0]()
        assert told(book) == []
        assert {one: found.why for one, found in book.state.findings.items()} == {
            Trouble.RESTED: "systemctl stop"
        }
    else:
        death[0]()
        book.sees(stop[0])
    assert not {"Start", "Restart"} & set(kinds(book.waits(3600)))
    assert isinstance(book.phase, Awaiting)
    comes_back(book, B)
    assert isinstance(book.phase, Settled)
    assert restarts(book) == 0
    assert book.state.findings == {}


@pytest.mark.parametrize("what", [GaveUp("failed"), Rested("stopped")])
def test_one_that_is_down_when_the_sidecar_comes(what: Observation) -> None:
    book = Playbook(POLICY)
    book.sees(Restored(None, seed=7))
    book.sees(what)
    actions = kinds(book.sees(Absent()))
    assert ("Start" in actions) is isinstance(what, GaveUp)


def test_one_that_is_out_of_sight_is_neither_dead_nor_replaced() -> None:
    """The sidecar before knew it; systemd cannot be asked, or /proc hides the process."""
    book = Playbook(POLICY)
    book.sees(Restored(Memory(seed=7, identity=A), seed=1))
    assert kinds(book.sees(Absent("pid 100 cannot be held: /proc hides it", alive=A))) == ["Watch"]
    assert not {"Start", "Restart", "Signal"} & set(kinds(book.waits(3600)))
    assert [(chapter, incident.causes[0].trouble) for chapter, incident in told(book)] == [
        (Chapter.OPENED, Trouble.NOT_FOUND)
    ]
    comes_back(book, A)
    assert isinstance(book.phase, Settled)
    assert [chapter for chapter, _ in told(book)] == [Chapter.OPENED, Chapter.CLOSED]


def test_one_that_is_started_by_hand_while_a_start_waits_is_taken() -> None:
    book = supervised()
    book.dies(A)
    book.sees(Appeared(B, adopted=True))
    book.dies(B)
    book.sees(GaveUp("failed"))
    assert isinstance(book.phase, Delayed)
    comes_back(book, C)
    assert isinstance(book.phase, Settled)
    assert "Start" not in kinds(book.waits(600))


def test_a_start_that_fails_is_tried_again_and_told() -> None:
    book = supervised()
    book.dies(A)
    book.sees(GaveUp("failed"))
    book.waits(3)
    book.sees(StartFailed("job failed"))
    assert isinstance(book.phase, Delayed)
    assert Start() in book.waits(5)


def test_a_start_that_ends_before_anybody_has_seen_it_is_no_wait_without_end() -> None:
    """Seen of the unit alone: it is failed again."""
    book = supervised()
    book.dies(A)
    book.sees(GaveUp("failed"))
    assert "Start" not in kinds(book.waits(3))
    assert isinstance(book.phase, Starting)
    book.sees(GaveUp("failed again"))
    assert isinstance(book.phase, Delayed)
    assert deeds(book)[-2:] == [Deed.ABANDONED, Deed.DELAYED]
    assert book.state.incidents.open[SERVER].done[-2].why == "failed again"
    assert Start() in book.waits(5)
    book.sees(StartFailed("job failed"))
    assert book.state.facts.setbacks == 3


def test_a_refused_restart_ends_at_the_kill() -> None:
    book = supervised()
    hangs(book)
    book.sees(StartFailed("Interactive authentication required."))
    assert Signal(A, 9) in book.waits(11)
    assert Trouble.START_FAILED in [cause.trouble for cause in book.state.incidents.open[SERVER].causes]


def test_a_stop_of_the_sidecar_leaves_it_running() -> None:
    book = supervised()
    actions = book.sees(StopAsked(leave=False))
    assert actions[:2] == [Watch(None), Finish()]
    assert isinstance(book.phase, Over)


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        (Supervised(problem="D-Bus is not there"), Trouble.NO_SUPERVISOR),
        (Supervised(weak="5 starts in 10 s"), Trouble.WEAK_LIMIT),
    ],
)
def test_what_is_wrong_with_it_is_told_and_over_again(said: Supervised, trouble: Trouble) -> None:
    book = supervised()
    book.sees(said)
    assert book.state.findings[trouble].why == said.problem + said.weak
    book.waits(10)
    book.sees(LIMIT)
    assert [(chapter, incident.topic) for chapter, incident in told(book)] == [
        (Chapter.OPENED, trouble),
        (Chapter.CLOSED, trouble),
    ]


def test_who_is_not_there_yet_is_its_supervisor_s_to_start() -> None:
    book = Playbook(POLICY)
    book.sees(Restored(None, seed=7))
    book.sees(LIMIT)
    assert "Start" not in kinds(book.sees(Absent()) + book.waits(600))
    assert isinstance(book.phase, Awaiting)


def test_what_it_had_given_up_once_is_its_own_again_when_it_runs() -> None:
    book = supervised()
    book.dies(A)
    assert "Start" in kinds(book.sees(GaveUp("start-limit-hit")) + book.waits(60))
    comes_back(book, B)
    assert "Start" not in kinds(book.dies(B) + book.waits(600))
    assert isinstance(book.phase, Awaiting)


def test_a_process_that_has_to_prove_itself_is_waited_for() -> None:
    book = supervised()
    book.dies(A)
    book.sees(Appeared(B, adopted=True))
    assert isinstance(book.phase, Proving)
    assert SERVER in book.state.incidents.open


def test_where_nobody_can_tell_whose_the_port_is_the_registration_is_the_proof() -> None:
    book = supervised()
    book.dies(A)
    book.sees(Appeared(B, adopted=True))
    why = "port 9090: it belongs to a process that we may not look into"
    book.sees(Listened(B, owned=None, why=why))
    assert isinstance(book.phase, Proving)
    book.sees(Registered(B, 0.01))
    assert isinstance(book.phase, Settled)
    (_, closed) = told(book)[-1]
    assert closed.proof == Proof(B, 0.01, why)
    assert book.state.facts.owner_why == ""
    assert "restart" not in [finding.act for finding in book.state.findings.values()]
