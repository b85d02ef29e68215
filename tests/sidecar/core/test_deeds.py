"""What was done is told with the process, the moment, and the reason; and the rungs that end unexpectedly."""

from __future__ import annotations

import pytest

from sidecar.core.actions import Finish, Signal, Start, Watch
from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Identity, Sign
from sidecar.core.observations import (
    Absent,
    Answered,
    Appeared,
    Collected,
    Listened,
    Registered,
    Restored,
    Sampled,
    SignalFailed,
    StartFailed,
    StopAsked,
    Ticked,
)
from sidecar.core.phases import Continuing, Held, Over, Proving, Settled, Starting
from sidecar.core.policy import Policy
from sidecar.core.quantities import Window
from sidecar.core.stories import SERVER, Deed, Done
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)


def booted(**policy: object) -> Playbook:
    book = Playbook(Policy(gap=1e6, jitter=0.0, **policy))  # type: ignore[arg-type] # whatever a test sets
    book.boots(A)
    return book


def done(book: Playbook) -> list[Done]:
    return list(book.state.incidents.open[SERVER].done)


def test_a_server_that_is_hung_and_does_not_end() -> None:
    book = booted()
    book.falls_silent(A)
    book.waits(10)
    hung = book.wall
    book.waits(10)
    book.sees(SignalFailed(A, 9, "Operation not permitted"))
    book.dies(A)
    assert done(book) == [
        Done(Deed.COLLECTED, hung, 100, why="/evidence/hung"),
        Done(Deed.TERMINATED, hung, 100),
        Done(Deed.KILLED, hung + 10, 100),
        Done(Deed.UNDELIVERED, hung + 10, 100, why="Operation not permitted"),
        Done(Deed.RESTARTED, hung + 10),
    ]


def test_a_signal_that_did_not_reach_another_process_is_not_told() -> None:
    book = booted()
    book.falls_silent(A)
    book.waits(10)
    book.sees(SignalFailed(B, 9, "No such process"))
    assert Deed.UNDELIVERED not in [one.deed for one in done(book)]


def test_a_server_that_is_stopped() -> None:
    book = booted()
    book.sees(Sampled(A, "T", {}))
    stopped = book.wall
    assert done(book) == [Done(Deed.CONTINUED, stopped, 100)]
    assert book.phase == Continuing(A, book.at + 10.0)


def test_a_stopped_server_that_dies_is_started_again() -> None:
    book = booted()
    book.sees(Sampled(A, "T", {}))
    assert kinds(book.dies(A))[:2] == ["Start", "Watch"]
    assert isinstance(book.phase, Starting)


def test_a_start_that_waits_says_until_when() -> None:
    book = booted()
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    assert book.dies(B)[0] == Watch(None), "nobody is looked at meanwhile"
    assert done(book) == [
        Done(Deed.RESTARTED, book.wall),
        Done(Deed.STARTED, book.wall, 101),
        Done(Deed.DELAYED, book.wall, until=book.wall + 1.0),
    ]


def test_a_spent_budget_says_until_when_and_which() -> None:
    book = booted(budget=(Window(9, 50.0), Window(1, 100.0)), backoff_first=0.0)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.dies(B)
    assert done(book)[-1] == Done(Deed.HELD, book.wall, until=book.wall + 100.0, window=Window(1, 100.0))
    assert book.phase == Held(book.at + 100.0)


def test_a_server_that_somebody_else_started_is_adopted() -> None:
    book = booted()
    book.dies(A)
    book.sees(Appeared(B, adopted=True), after=1)
    assert done(book)[-1] == Done(Deed.ADOPTED, book.wall, 101)
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Appeared(B, adopted=True))
    assert done(heir)[-1] == Done(Deed.ADOPTED, heir.wall, 101)


def test_a_server_that_is_spared_says_why_and_is_looked_at_again_when_it_is_well() -> None:
    book = booted()
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.sees(Listened(B, owned=False, why="held by pid 77"))
    book.waits(60)
    assert done(book)[-1] == Done(Deed.SPARED, book.wall, 101, why="held by pid 77")
    book.sees(Registered(B, 0.01))
    book.sees(Listened(B, owned=True))
    assert isinstance(book.phase, Settled)


def test_evidence_of_which_parts_are_missing_says_all_of_them() -> None:
    book = booted()
    book.collects = False
    book.falls_silent(A)
    book.waits(10)
    book.sees(Collected(B, "/evidence/other", (), 0.1))
    assert SERVER in book.state.incidents.open
    assert done(book) == []
    book.sees(Collected(A, "", ("no space", "no jcmd"), 0.1))
    assert done(book)[0] == Done(Deed.UNCOLLECTED, book.wall, 100, why="no space; no jcmd")


def test_evidence_that_took_too_long_says_so() -> None:
    book = booted()
    book.collects = False
    book.falls_silent(A)
    book.waits(13)
    assert done(book)[0] == Done(Deed.UNCOLLECTED, book.wall, 100, why="it took too long")


def test_a_stopped_server_that_answers_while_it_is_looked_at_is_let_be() -> None:
    book = booted()
    book.collects = False
    book.sees(Sampled(A, "T", {}))
    book.waits(10)
    book.sees(Sampled(A, "S", {}))
    book.sees(Answered(A, Sign.PONG, 0.1))
    assert "Signal" not in kinds(book.sees(Collected(A, "/evidence/stopped", (), 0.1)))
    assert isinstance(book.phase, Settled)


def test_a_stopped_server_that_runs_again_has_to_prove_itself() -> None:
    book = booted()
    book.sees(Sampled(A, "T", {}))
    book.sees(Sampled(A, "S", {}))
    assert book.phase == Proving(A)


def test_a_wall_s_clock_that_was_set_back_puts_no_restart_into_the_future() -> None:
    book = Playbook(Policy(budget=(Window(1, 100.0),)))
    book.sees(Restored(Memory(seed=1, identity=A, restarts=(book.wall + 5000,)), seed=2))
    book.sees(Absent())
    assert book.phase == Held(book.at + 100.0)


def test_restarts_that_no_window_counts_are_not_remembered() -> None:
    book = Playbook(Policy(budget=(Window(5, 100.0),), backoff_first=0.0))
    memory = Memory(seed=1, identity=A, restarts=(book.wall - 200, book.wall - 99))
    book.sees(Restored(memory, seed=2))
    book.sees(Absent())
    assert book.state.keeper.memory is not None
    assert book.state.keeper.memory.restarts == (book.wall - 99, book.wall)
    assert book.state.keeper.memory.seed == 1


def test_a_first_start_counts_as_no_restart() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=9))
    assert book.sees(Absent())[0] == Start()
    assert book.phase == Starting(0)
    assert (book.state.recovery.restarts, book.state.recovery.failures) == ((), 0)


@pytest.mark.parametrize("failures", [0, 2])
def test_after_failures_of_another_sidecar_even_a_first_start_waits(failures: int) -> None:
    book = Playbook(Policy(jitter=0.0))
    book.sees(Restored(Memory(seed=1, failures=failures), seed=2))
    assert ("Start" in kinds(book.sees(Absent()))) is (failures == 0)


def test_a_server_is_stable_after_a_minute_and_not_before() -> None:
    book = booted()
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    book.sees(Ticked(), after=59.9)
    assert book.state.recovery.failures == 1
    book.sees(Ticked(), after=0.1)
    assert book.state.recovery.failures == 0


def test_nothing_follows_the_end() -> None:
    book = booted()
    assert book.sees(StopAsked(leave=True))[:2] == [Watch(None), Finish()]
    assert kinds(book.dies(A, Ended(code=0)) + book.waits(600)) == []
    assert isinstance(book.phase, Over)


def test_a_stop_goes_on_from_where_the_ladder_stands() -> None:
    book = booted()
    book.falls_silent(A)
    book.waits(12)
    assert "Signal" not in kinds(book.sees(StopAsked(leave=False))), "it was told to end two seconds ago"
    assert Signal(A, 9) in book.waits(8)


def test_a_stop_after_a_failed_start_ends_at_once() -> None:
    book = Playbook(Policy(jitter=0.0))
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(StartFailed("No such file"))
    book.sees(StartFailed("No such file"))
    assert kinds(book.sees(StopAsked(leave=False))) == ["Watch", "Finish"]
