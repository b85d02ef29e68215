"""The ladder, rung by rung."""

from __future__ import annotations

import pytest

from sidecar.core.accounts import Routing
from sidecar.core.actions import Ask, Signal, Start, Watch
from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Identity, Sign, Trouble
from sidecar.core.observations import (
    Absent,
    Answered,
    Appeared,
    Exited,
    Listened,
    Restored,
    Sampled,
    SessionLost,
    SignalFailed,
    StartFailed,
    StopAsked,
    Ticked,
    Unanswered,
)
from sidecar.core.phases import Continuing, Delayed, Held, Killing, Proving, Settled, Starting
from sidecar.core.policy import Policy
from sidecar.core.quantities import Window
from sidecar.core.stories import SERVER, Deed
from sidecar.core.view import Status
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)


def test_nothing_is_started_before_it_is_known_what_runs() -> None:
    book = Playbook()
    assert kinds(book.sees(Restored(None, seed=1))) == []
    assert kinds(book.sees(Ticked(), after=1)) == []
    assert kinds(book.sees(Absent())) == ["Start"]


def test_a_running_server_is_adopted_and_not_started_again() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    assert book.sees(Appeared(A, adopted=True))[0] == Watch(A)
    book.proves(A)
    assert isinstance(book.phase, Settled)
    assert not book.state.incidents.open


def test_a_death_is_followed_by_a_start_before_anything_else() -> None:
    book = Playbook()
    actions = book.dies(book.boots())
    assert isinstance(actions[0], Start)
    assert isinstance(book.phase, Starting)


def test_exit_status_0_is_a_death_too() -> None:
    book = Playbook()
    actions = book.dies(book.boots(), Ended(code=0))
    assert isinstance(actions[0], Start)


def test_the_second_death_in_a_row_waits_for_the_backoff() -> None:
    book = Playbook(Policy(jitter=0.0))
    book.dies(book.boots())
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    assert "Start" not in kinds(book.dies(B))
    assert isinstance(book.phase, Delayed)
    assert "Start" not in kinds(book.waits(0.99))
    assert "Start" in kinds(book.waits(0.02))


def test_a_minute_of_proven_stability_starts_the_backoff_over() -> None:
    book = Playbook()
    book.dies(book.boots())
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    book.waits(61)
    assert isinstance(book.dies(B)[0], Start)


def test_stability_does_not_count_while_a_sign_of_life_is_missing() -> None:
    book = Playbook()
    book.dies(book.boots())
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    book.falls_silent(B, Sign.HTTP)
    book.waits(61)
    assert "Start" not in kinds(book.dies(B))


def test_a_spent_budget_is_said_and_a_restart_that_leaves_the_window_is_used() -> None:
    book = Playbook(Policy(channels=("mail",), budget=(Window(2, 100.0),), jitter=0.0))
    book.dies(book.boots())
    for i in range(2):
        server = Identity(200 + i, i)
        book.sees(Appeared(server, adopted=False))
        book.proves(server)
        book.dies(server)
        book.waits(5)
    assert isinstance(book.phase, Held)
    assert book.view.status is Status.FAIL
    chapters = [entry.owed.message.chapter for entry in book.state.outbox.entries]
    assert chapters[-1] == "held"
    waited = book.waits(120)
    assert kinds(waited).count("Start") == 1


def test_a_command_that_cannot_be_executed_is_tried_again_later() -> None:
    book = Playbook(Policy(jitter=0.0))
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    assert "Start" in kinds(book.sees(StartFailed("No such file or directory")))
    assert "Start" not in kinds(book.sees(StartFailed("No such file or directory")))
    assert book.state.findings.keys() == {Trouble.START_FAILED}
    assert "Start" in kinds(book.waits(1.01))


def test_sigkill_follows_sigterm_and_is_repeated() -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A)
    book.waits(10.1)
    assert Signal(A, 9) in book.waits(10.1)
    assert isinstance(book.phase, Killing)
    assert Signal(A, 9) in book.waits(10.1)
    assert isinstance(book.dies(A)[0], Start)


def test_a_stopped_server_gets_one_sigcont_and_nothing_else_if_it_comes_back() -> None:
    book = Playbook()
    book.boots(A)
    actions = book.sees(Sampled(A, "T", {}))
    assert Signal(A, 18) in actions
    assert isinstance(book.phase, Continuing)
    book.sees(Unanswered(A, Sign.PONG, "no answer"), after=1)
    book.sees(Sampled(A, "S", {}), after=1)
    assert isinstance(book.phase, Proving)
    book.sees(Answered(A, Sign.PONG, 0.01), after=1)
    assert isinstance(book.phase, Settled)
    signals = [action for _, actions in book.past for action in actions if isinstance(action, Signal)]
    assert signals == [Signal(A, 18)]
    assert not book.state.incidents.open


def test_a_stopped_server_that_stays_stopped_is_killed_without_a_useless_sigterm() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "T", {}))
    waited = book.waits(10.1)
    assert Signal(A, 9) in waited
    assert Signal(A, 15) not in waited


def test_what_is_said_of_another_process_changes_nothing() -> None:
    book = Playbook()
    book.boots(A)
    before = book.state.facts
    for what in (
        Exited(B, Ended()),
        SessionLost(B, "x"),
        Unanswered(B, Sign.PONG, "x"),
        Listened(B, owned=False),
    ):
        assert kinds(book.sees(what)) == []
    assert book.state.facts == before


def test_a_clean_stop_sees_the_server_off() -> None:
    book = Playbook()
    book.boots(A)
    assert Signal(A, 15) in book.sees(StopAsked(leave=False))
    actions = book.dies(A, Ended(code=143))
    assert kinds(actions) == ["Watch", "Finish"]
    assert book.state.keeper.memory == Memory(seed=7, routing=Routing())


def test_a_stop_that_the_server_ignores_ends_in_sigkill() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(StopAsked(leave=False))
    assert Signal(A, 9) in book.waits(10.1)


def test_a_stop_may_leave_the_server_running_and_remembers_it() -> None:
    book = Playbook()
    book.boots(A)
    actions = book.sees(StopAsked(leave=True))
    assert kinds(actions) == ["Watch", "Finish"]
    assert book.state.keeper.memory is not None
    assert book.state.keeper.memory.identity == A


def test_a_stop_during_the_backoff_ends_at_once() -> None:
    book = Playbook()
    book.dies(book.boots(A))
    book.sees(Appeared(B, adopted=False))
    book.dies(B)
    assert kinds(book.sees(StopAsked(leave=False)))[-1] == "Finish"


def test_a_stop_before_it_is_known_what_runs_waits_for_that() -> None:
    book = Playbook()
    book.sees(Restored(Memory(seed=3, identity=A), seed=1))
    assert kinds(book.sees(StopAsked(leave=False))) == []
    assert Signal(A, 15) in book.sees(Appeared(A, adopted=True))
    book = Playbook()
    book.sees(Restored(Memory(seed=3, identity=A), seed=1))
    book.sees(StopAsked(leave=False))
    assert kinds(book.sees(Absent())) == ["Watch", "Finish"]


def test_a_stop_while_a_start_is_under_way_hears_what_became_of_it() -> None:
    for outcome, expected in (
        (Appeared(A, adopted=False), ["Signal", "Signal"]),
        (StartFailed("No such file"), ["Watch", "Finish"]),
    ):
        book = Playbook()
        book.sees(Restored(None, seed=1))
        book.sees(Absent())
        assert kinds(book.sees(StopAsked(leave=False))) == []
        assert kinds(book.sees(outcome)) == expected


def test_a_death_that_nobody_saw_is_found_and_told() -> None:
    book = Playbook()
    book.sees(Restored(Memory(seed=3, identity=A), seed=1))
    actions = book.sees(Absent())
    assert isinstance(actions[0], Start)
    assert book.state.incidents.open["server"].causes[0].trouble is Trouble.EXITED


def test_a_server_started_by_an_earlier_sidecar_that_could_not_save_it_is_adopted_and_told() -> None:
    book = Playbook()
    book.sees(Restored(Memory(seed=3, identity=A), seed=1))
    actions = book.sees(Appeared(B, adopted=True))
    assert "Start" not in kinds(actions)
    assert book.state.incidents.open["server"].causes[0].pid == A.pid
    book.proves(B)
    assert not book.state.incidents.open


def test_the_backoff_outlives_the_sidecar() -> None:
    book = Playbook(Policy(jitter=0.0))
    book.sees(Restored(Memory(seed=3, failures=3, restarts=(book.wall - 1,)), seed=1))
    assert kinds(book.sees(Absent())) == ["Watch"]
    assert kinds(book.waits(3.9)) == []
    assert "Start" in kinds(book.waits(0.2))


def test_the_budget_outlives_the_sidecar() -> None:
    book = Playbook(Policy(budget=(Window(2, 100.0),)))
    book.sees(Restored(Memory(seed=3, identity=A, restarts=(book.wall - 60, book.wall - 50)), seed=1))
    book.sees(Absent())
    assert isinstance(book.phase, Held)
    assert "Start" in kinds(book.waits(41))


def test_a_stopped_server_is_well_only_once_it_answers() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "T", {}), after=5)
    book.sees(Sampled(A, "S", {}), after=1)
    assert SERVER in book.state.incidents.open
    book.sees(Answered(A, Sign.PONG, 7.0), after=1)
    assert SERVER not in book.state.incidents.open


def test_a_stopped_server_can_be_stopped_for_good() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "T", {}))
    actions = book.sees(StopAsked(leave=False))
    assert [action.signal for action in actions if isinstance(action, Signal)] == [15, 18]


def test_a_signal_that_does_not_arrive_is_told_and_followed_by_the_next() -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A)
    book.waits(10.1)
    book.sees(SignalFailed(A, 15, "Operation not permitted"))
    undelivered = book.state.incidents.open[SERVER].done[-1]
    assert (undelivered.deed, undelivered.why) == (Deed.UNDELIVERED, "Operation not permitted")
    assert Signal(A, 9) in book.waits(10.1)


@pytest.mark.parametrize("stuck", ["term_deadline", "continue_deadline"])
def test_a_deadline_that_is_over_at_once_ends_the_step(stuck: str) -> None:
    """No file can ask for it; but the core must come to an end with any numbers."""
    book = Playbook(Policy(**{stuck: 0.0}))
    book.boots(A)
    actions = book.sees(Sampled(A, "T", {})) + book.sees(StopAsked(leave=False))
    assert Signal(A, 9) in actions


def test_a_missing_pong_has_the_other_sign_asked_for_at_once() -> None:
    book = Playbook()
    book.boots(A)
    assert Ask(A) in book.sees(Unanswered(A, Sign.PONG, "no pong within 1.2 s"))
    assert Ask(A) in book.sees(Unanswered(A, Sign.PONG, "no pong within 1.2 s"), after=1), "each time"
    for other in (Unanswered(B, Sign.PONG, "no pong"), Unanswered(A, Sign.HTTP, "no answer")):
        assert "Ask" not in kinds(book.sees(other))
