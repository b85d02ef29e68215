"""What every face may show: facts on the wall's clock, and the verdict."""

from __future__ import annotations

from fermatkit.measures import Measure
from sidecar.core.actions import Explain
from sidecar.core.nouns import Identity, Pause, Sign, Trouble
from sidecar.core.observations import (
    Absent,
    Answered,
    Appeared,
    ConfigRead,
    Counted,
    PauseAsked,
    Restored,
    Sampled,
    Saved,
    SaveFailed,
    SendFailed,
    Sent,
    SilenceAsked,
    StopAsked,
    Unanswered,
)
from sidecar.core.phases import Stand
from sidecar.core.policy import Policy
from sidecar.core.quantities import Window
from sidecar.core.stories import Proof, Reason
from sidecar.core.view import BudgetView, ChannelView, Status, view
from support.playbook import Playbook

A, B = Identity(100, 1), Identity(101, 2)
LOW = "disk-low"


def booted() -> Playbook:
    book = Playbook(Policy(channels=("mail",), gap=1e6, jitter=0.0))
    book.boots(A)
    return book


def test_a_server_that_is_well() -> None:
    book = booted()
    seen = book.view
    assert (seen.status, seen.stand, seen.stand_until) == (Status.PASS, Stand.PROVEN, None)
    assert (seen.wanted, seen.pause, seen.identity, seen.ready) == ("running", None, A, True)
    assert seen.proof == Proof(A, 0.01)
    assert (seen.findings, seen.open, seen.last, seen.outbox) == ((), {}, {}, None)
    assert (seen.failed_saves, seen.unsaved) == (0, "")
    assert seen.wall == book.wall


def test_moments_are_on_the_wall_s_clock_of_the_one_who_looks() -> None:
    book = booted()
    book.sees(Unanswered(A, Sign.HTTP, "no answer"))
    later = view(book.state, book.policy, book.at + 5, book.wall + 5 + 3600)  # the clock was set
    (finding,) = later.findings
    assert (finding.trouble, finding.since) == (Trouble.SILENT, book.wall + 3600)
    assert later.signs[Sign.HTTP].missing_since == book.wall + 3600
    assert later.signs[Sign.PONG].good_at == book.wall + 3600
    assert later.appeared == book.wall + 3600


def test_what_is_waited_for_has_its_moment() -> None:
    book = booted()
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.dies(B)
    assert (book.view.stand, book.view.stand_until) == (Stand.DELAYED, book.wall + 1.0)
    assert (book.view.ready, book.view.proof, book.view.identity) == (False, None, None)


def test_each_window_of_the_budget_has_its_count() -> None:
    book = Playbook(Policy(budget=(Window(6, 600.0), Window(20, 86400.0)), stable_after=1.0))
    server = book.boots(A)
    for number in range(2):
        book.dies(server)
        server = Identity(200 + number, number)
        book.sees(Appeared(server, adopted=False))
        book.proves(server)
        book.waits(400)
    assert book.view.budget == (BudgetView(Window(6, 600.0), 1), BudgetView(Window(20, 86400.0), 2))


def test_restarts_are_counted_for_ever_and_a_new_sidecar_begins_anew() -> None:
    book = booted()
    assert book.view.restarts == 0
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    book.waits(2 * 86400)
    book.dies(B)
    book.waits(2)
    assert book.view.restarts == 2
    assert {one.spent for one in book.view.budget} == {1}, "the budget has forgotten the first"
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, 7))
    assert heir.view.restarts == 0


def test_each_channel_has_what_it_has_not_taken() -> None:
    book = Playbook(Policy(channels=("mail", "phone")))
    book.boots(A)
    assert book.view.channels == {"mail": ChannelView(0, 0, ""), "phone": ChannelView(0, 0, "")}
    book.dies(A)
    book.sees(Saved(book.state.keeper.revision))
    message = book.state.outbox.entries[0].owed.message.id
    book.sees(Sent(message, "mail"))
    book.sees(SendFailed(message, "phone", "refused"))
    assert book.view.channels == {"mail": ChannelView(0, 0, ""), "phone": ChannelView(1, 1, "refused")}


def test_a_message_that_does_not_arrive_is_a_warning_and_one_under_way_is_none() -> None:
    book = booted()
    book.sees(Sampled(A, "S", {Measure.DISK_FREE: 5e8}))
    book.sees(Sampled(A, "S", {Measure.DISK_FREE: 5e9}))
    opened, closed = (entry.owed.message.id for entry in book.state.outbox.entries)
    book.waits(2)
    assert book.view.status is Status.PASS
    book.sees(SendFailed(opened, "mail", "refused"))
    assert book.view.status is Status.WARN
    assert book.view.channels == {"mail": ChannelView(2, 1, "refused")}
    book.sees(Sent(opened, "mail"))
    book.sees(Sent(closed, "mail"))
    assert book.view.status is Status.PASS


def test_who_was_told_and_what_is_held_back_is_shown_with_the_reason() -> None:
    book = booted()
    book.sees(SilenceAsked(LOW, book.wall + 60, "moving", "maria"))
    asked = book.wall
    book.sees(Sampled(A, "S", {Measure.DISK_FREE: 5e8}), after=1)
    assert book.view.silences == {LOW: Pause(asked + 60, "moving", "maria", asked)}
    (account,), (ruling,) = book.view.accounts, book.view.rulings
    assert (account.channel, account.topic, account.reason) == ("mail", LOW, Reason.SILENCED)
    assert account.held is not None
    assert ruling == Explain(book.wall, account.held.id, LOW, "mail", Reason.SILENCED)


def test_the_server_s_own_configuration_is_shown() -> None:
    book = booted()
    read = ConfigRead("/opt/server_conf.properties", 9090, "")
    book.sees(read)
    assert book.view.config == read


def test_a_memory_that_is_not_on_the_disk_is_a_warning() -> None:
    book = booted()
    book.sees(SaveFailed(book.state.keeper.revision, "No space left on device"))
    assert book.view.status is Status.WARN
    book.waits(5)
    book.sees(Saved(book.state.keeper.revision))
    assert book.view.status is Status.PASS


def test_a_pause_is_a_warning_with_its_reason() -> None:
    book = booted()
    book.sees(PauseAsked(book.wall + 60, "upgrade", "maria"))
    assert book.view.status is Status.WARN
    assert book.view.pause is not None
    assert (book.view.pause.until, book.view.pause.why, book.view.pause.by) == (
        book.wall + 60,
        "upgrade",
        "maria",
    )


def test_it_is_not_well_while_it_is_on_a_rung_though_it_would_answer() -> None:
    book = booted()
    book.falls_silent(A)
    book.waits(10)
    for sign in (Sign.PONG, Sign.HTTP):
        book.sees(Answered(A, sign, 0.1))
    assert book.view.stand is Stand.TERMINATING
    assert (book.view.findings, book.view.status) == ((), Status.FAIL)


def test_an_operator_who_wants_an_end_is_shown() -> None:
    book = booted()
    book.sees(StopAsked(leave=True))
    assert (book.view.wanted, book.view.stand) == ("left", Stand.OVER)


def test_before_anything_is_known_it_is_not_well() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    seen = book.view
    assert (seen.status, seen.stand, seen.stand_until, seen.appeared) == (
        Status.FAIL,
        Stand.UNKNOWN,
        None,
        None,
    )
    assert (seen.readings, seen.read, seen.signs, seen.known) == ({}, {}, {}, False)
    book.sees(Absent())
    assert book.view.known
    assert book.view.stand is Stand.STARTING
    book.sees(Appeared(A, adopted=False))
    book.sees(Counted(A, {Measure.THREADS: 7.0}))
    assert (book.view.stand, book.view.status) == (Stand.PROVING, Status.FAIL)
