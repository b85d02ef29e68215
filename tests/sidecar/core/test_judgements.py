"""What a finding about the server says: since when, of which signs, and why; and where it begins and ends."""

from __future__ import annotations

import pytest

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.nouns import Act, Ended, Finding, Identity, Severity, Sign, Trouble
from sidecar.core.observations import (
    Absent,
    Answered,
    Appeared,
    ConfigRead,
    Counted,
    Listened,
    Registered,
    Restored,
    Sampled,
    SessionLost,
    StartFailed,
    Unanswered,
)
from sidecar.core.policy import Policy
from sidecar.core.stories import SERVER
from support.playbook import Playbook

A, B = Identity(100, 1), Identity(101, 2)


def booted() -> Playbook:
    book = Playbook(Policy(gap=1e6, jitter=0.0))
    book.boots(A)
    return book


def test_a_death_is_said_with_how_and_when_until_there_is_another_process() -> None:
    book = booted()
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.dies(B, Ended(code=3))
    died = book.at
    book.waits(0.5)
    expected = Finding(Trouble.EXITED, Severity.FAIL, died, ended=Ended(code=3))
    assert book.state.findings == {Trouble.EXITED: expected}
    book.waits(1)
    book.sees(Appeared(Identity(102, 3), adopted=False))
    assert book.state.findings == {}


def test_a_command_that_cannot_be_executed_is_said_with_the_reason() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(StartFailed("No such file"))
    expected = Finding(Trouble.START_FAILED, Severity.FAIL, book.at, why="No such file")
    assert book.state.findings == {Trouble.START_FAILED: expected}


def test_silence_is_since_the_first_of_the_missing_signs() -> None:
    book = booted()
    began = book.at
    book.sees(Unanswered(A, Sign.HTTP, "refused"))
    book.sees(Unanswered(A, Sign.PONG, "no pong"), after=3)
    expected = Finding(Trouble.SILENT, Severity.FAIL, began, signs=(Sign.PONG, Sign.HTTP), why="no pong")
    assert book.state.findings == {Trouble.SILENT: expected}
    assert (expected.ended, expected.reading, expected.eater) == (None, None, None)


def test_what_a_server_that_was_still_starting_did_not_answer_is_not_held_against_it() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.sees(Unanswered(A, Sign.HTTP, "Connection refused"))
    book.sees(Listened(A, owned=True), after=3)
    book.sees(Unanswered(A, Sign.LIST, "the registration is not answered within 5 s"))
    assert book.state.findings == {}
    book.sees(Registered(A, 0.01))
    assert book.state.findings == {}
    book.sees(Unanswered(A, Sign.HTTP, "no answer within 0.75 s"), after=1)
    assert book.state.findings[Trouble.SILENT].since == book.at


def test_but_what_it_has_answered_and_what_it_missed_once_proven_is_kept() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.sees(Answered(A, Sign.HTTP, 0.2))
    book.proves(A)
    assert book.state.facts.sign(Sign.HTTP).latency == 0.2
    book.sees(Unanswered(A, Sign.HTTP, "no answer within 0.75 s"), after=1)
    book.sees(Registered(A, 0.01), after=1)
    assert book.state.findings[Trouble.SILENT].since == book.at - 1


def test_one_that_was_stopped_before_its_proof_has_to_answer_a_ping_after_it() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.sees(Sampled(A, "T", {}))
    book.proves(A)
    assert not book.state.facts.proven
    book.sees(Sampled(A, "S", {}), after=1)
    assert book.state.facts.proven
    assert not book.state.facts.serving
    book.sees(Answered(A, Sign.PONG, 0.01))
    assert book.state.facts.serving


@pytest.mark.parametrize(
    ("gc", "old", "trouble"),
    [
        (25.0, 30.0, Trouble.BUSY),
        (24.9, 30.0, Trouble.HUNG),
        (Unknown("no permission"), 30.0, Trouble.HUNG),
        (95.0, 39.9, Trouble.BUSY),
        (95.0, 40.0, Trouble.HUNG),
    ],
)
def test_busy_means_a_quarter_core_of_collecting_not_longer_ago_than_a_hang_takes(
    gc: Reading, old: float, trouble: Trouble
) -> None:
    book = Playbook(Policy(gap=1e6, hung_after=40.0, busy_after=100.0))
    book.boots(A)
    book.falls_silent(A)
    book.sees(Counted(A, {Measure.GC: gc}), after=10)
    book.waits(old)
    assert book.state.findings.keys() - {Trouble.SILENT} == {trouble}


def test_who_is_done_collecting_has_the_time_of_a_hang_to_answer() -> None:
    book = Playbook(Policy(gap=1e6))
    book.boots(A)
    book.falls_silent(A)
    book.sees(Counted(A, {Measure.GC: 95.0}), after=8)
    book.sees(Counted(A, {Measure.GC: 0.0}), after=5)
    book.waits(4.5)
    assert Trouble.BUSY in book.state.findings
    book.waits(0.5)
    assert Trouble.HUNG in book.state.findings


@pytest.mark.parametrize(("each", "trouble"), [(4.9, Trouble.HUNG), (5.0, Trouble.HEAP_EXHAUSTED)])
def test_twenty_seconds_of_collecting_make_a_hang_an_exhausted_heap(each: float, trouble: Trouble) -> None:
    book = booted()
    book.falls_silent(A)
    book.sees(Counted(A, {Measure.GC: 0.0}))
    for _ in range(4):
        book.sees(Counted(A, {Measure.GC: 95.0}), after=each)
    book.sees(Counted(A, {Measure.GC: 0.0}), after=1)
    book.waits(9)
    assert trouble in {cause.trouble for cause in book.state.incidents.open[SERVER].causes}


def test_another_port_is_said_with_both() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.sees(Listened(A, owned=False, why="it listens on 9090", elsewhere=(9090,)))
    expected = Finding(Trouble.WRONG_PORT, Severity.FAIL, book.at, Act.TELL, why="it listens on 9090")
    assert book.state.findings == {Trouble.WRONG_PORT: expected}


@pytest.mark.parametrize(
    ("configured", "trouble"), [(9191, Trouble.WRONG_PORT), (None, Trouble.DEAF), (9999, Trouble.DEAF)]
)
def test_a_port_that_nobody_named_may_be_a_second_one_of_its_own(
    configured: int | None, trouble: Trouble
) -> None:
    book = Playbook(Policy(gap=1e6, start_timeout=60.0))
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.sees(ConfigRead("server.properties", configured, ""))
    book.sees(Listened(A, owned=False, why="it listens on 9191", elsewhere=(9191, 9292)))
    early = set(book.state.findings)
    book.waits(60)
    assert early == {trouble} - {Trouble.DEAF}
    opened = [cause.trouble for one in book.state.incidents.open.values() for cause in one.causes]
    assert opened == [trouble]


def test_a_server_that_left_the_wrong_port_has_its_time_again() -> None:
    book = Playbook(Policy(gap=1e6))
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.sees(Listened(A, owned=False, why="on 9191", elsewhere=(9090,)))
    book.waits(100)
    book.sees(Listened(A, owned=False, why="nobody listens"))
    book.sees(Listened(A, owned=False, why="nobody listens"), after=30)
    book.waits(29.9)
    assert book.state.findings == {}
    book.waits(0.1)
    assert book.state.findings.keys() == {Trouble.DEAF}
    assert book.state.findings[Trouble.DEAF].why == "nobody listens"


@pytest.mark.parametrize(("seconds", "shown"), [(600.0, True), (600.1, False)])
def test_a_lost_race_is_shown_for_ten_minutes(seconds: float, *, shown: bool) -> None:
    book = Playbook(Policy(gap=1e6))
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.sees(Listened(A, owned=True))
    book.sees(SessionLost(A, "registration refused", refused=True))
    refused = book.at
    book.sees(Registered(A, 0.01), after=1)
    book.sees(Answered(A, Sign.PONG, 0.01), after=seconds - 1)
    expected = {Trouble.COLD_BURST: Finding(Trouble.COLD_BURST, Severity.WARN, refused)}
    assert book.state.findings == (expected if shown else {})


def test_a_session_that_is_lost_without_a_refusal_is_no_lost_race() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.sees(SessionLost(A, "closed: 1001"))
    assert book.state.findings == {}


def test_a_finding_that_lasts_keeps_the_moment_when_it_was_first_seen() -> None:
    book = booted()
    book.sees(ConfigRead("server_conf.properties", None, "empty"))
    began = book.at
    book.sees(Answered(A, Sign.HTTP, 0.01), after=5)
    assert book.state.findings[Trouble.BAD_CONFIG].since == began


def test_a_finding_that_is_no_reading_s_is_the_next_sidecar_s_too() -> None:
    book = booted()
    book.sees(Unanswered(A, Sign.HTTP, "no answer"))
    book.waits(61)
    heir = Playbook()
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.waits(5)
    assert heir.state.findings.keys() == {Trouble.HTTP_DEAD}
    heir.sees(Appeared(A, adopted=True))
    heir.sees(Answered(A, Sign.HTTP, 0.01))
    assert Trouble.HTTP_DEAD not in heir.state.findings
