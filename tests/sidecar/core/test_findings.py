"""What is wrong, and when it is said to be."""

from __future__ import annotations

import pytest

from sidecar.core.actions import Signal
from sidecar.core.nouns import Identity, Sign, Trouble
from sidecar.core.observations import (
    Absent,
    Answered,
    Appeared,
    Listened,
    Observation,
    Registered,
    Restored,
    SessionLost,
    Unanswered,
)
from sidecar.core.phases import Proving, Terminating
from sidecar.core.policy import Policy
from sidecar.core.stories import SERVER, Chapter
from sidecar.core.view import Status
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)
REFUSED = SessionLost(A, "registration refused: Forbidden connection")


def told(book: Playbook) -> list[tuple[str, str]]:
    messages = [entry.owed.message for entry in book.state.outbox.entries]
    return [(message.incident.topic, message.chapter) for message in messages]


def test_hung_means_two_independent_signs_missing_for_ten_seconds() -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A, Sign.PONG)
    assert "Signal" not in kinds(book.waits(20))
    book.falls_silent(A, Sign.HTTP)
    assert "Signal" not in kinds(book.waits(9.9))
    actions = book.waits(0.2)
    assert Signal(A, 15) in actions
    assert isinstance(book.phase, Terminating)


def test_on_a_machine_that_has_just_started_it_is_hung_since_then() -> None:
    book = Playbook(Policy(gap=1e6), at=0.5)
    book.boots(A)
    book.falls_silent(A)
    book.waits(10)
    assert book.state.findings[Trouble.HUNG].since == 0.5


def test_silence_is_noticed_at_once() -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A, Sign.PONG)
    assert book.view.status is Status.WARN
    book.falls_silent(A, Sign.HTTP)
    assert book.view.status is Status.FAIL
    assert Trouble.SILENT in book.state.findings


def test_one_answer_in_time_and_nothing_is_done() -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A)
    book.waits(9)
    book.sees(Answered(A, Sign.PONG, 0.5))
    assert kinds(book.waits(30)) == []


def test_stuck_processors_alone_are_enough() -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A, Sign.LIST)
    book.sees(Answered(A, Sign.PONG, 0.01), after=1)
    assert Signal(A, 15) in book.waits(9.1)


def test_alive_and_deaf_is_ended_at_the_start_timeout() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.sees(Listened(A, owned=False, why="pid 77 (prometheus) listens there"))
    assert "Signal" not in kinds(book.waits(59))
    assert Signal(A, 15) in book.waits(2)
    assert book.state.incidents.open["server"].causes[0].trouble is Trouble.DEAF
    assert "prometheus" in book.state.incidents.open["server"].causes[0].why


def test_a_lost_session_is_a_missing_sign_and_a_new_one_brings_it_back() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(SessionLost(A, "closed: 1011"))
    assert book.view.status is Status.FAIL
    book.sees(Registered(A, 0.02), after=1)
    assert book.view.status is Status.PASS


def test_a_port_that_is_another_s_is_no_readiness() -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.sees(Listened(B, owned=False, why="port 9090 is held by pid 77 (prometheus)"))
    book.sees(Registered(B, 0.01))
    assert isinstance(book.phase, Proving)
    assert not book.view.ready
    assert book.view.status is Status.FAIL
    assert told(book) == [(SERVER, Chapter.OPENED)]


def lasting(book: Playbook, seconds: int, *each_second: Observation) -> list[str]:
    """What the sidecar did while these were seen every second."""
    actions = []
    for _ in range(seconds):
        for what in each_second:
            actions += book.sees(what, after=1 / len(each_second))
    return kinds(actions)


def test_a_server_that_refuses_the_session_is_given_up_like_a_deaf_one() -> None:
    book = Playbook()
    book.boots(A)
    pongs = Answered(A, Sign.PONG, 0.01)  # it answers pings until it refuses
    assert "Signal" not in lasting(book, 59, Answered(A, Sign.HTTP, 0.01), pongs, REFUSED)
    assert "Signal" in lasting(book, 3, Answered(A, Sign.HTTP, 0.01), pongs, REFUSED)
    assert told(book) == [(SERVER, Chapter.OPENED)]
    cause = book.state.incidents.open[SERVER].causes[0]
    assert (cause.trouble, cause.why) == (Trouble.NOT_SERVING, "registration refused: Forbidden connection")


def test_pings_alone_unanswered_for_as_long_are_no_service_either() -> None:
    book = Playbook()
    book.boots(A)
    http, pong = Answered(A, Sign.HTTP, 0.01), Unanswered(A, Sign.PONG, "no pong within 1.5 s")
    assert "Signal" not in lasting(book, 60, pong, http)
    assert "Signal" in lasting(book, 2, pong, http)


def test_a_session_that_comes_back_in_time_is_no_outage() -> None:
    book = Playbook()
    book.boots(A)
    lasting(book, 50, Answered(A, Sign.HTTP, 0.01), REFUSED)
    book.sees(Registered(A, 0.01))
    assert "Signal" not in lasting(book, 50, Answered(A, Sign.HTTP, 0.01), Answered(A, Sign.PONG, 0.01))
    assert told(book) == []


def test_http_alone_dead_is_told_but_no_client_is_dropped_for_it() -> None:
    book = Playbook()
    book.boots(A)
    pong, http = Answered(A, Sign.PONG, 0.01), Unanswered(A, Sign.HTTP, "no answer within 1.5 s")
    assert "Signal" not in lasting(book, 600, pong, http)
    assert told(book) == [(Trouble.HTTP_DEAD, Chapter.OPENED)]
    assert book.view.status is Status.WARN
    book.sees(Answered(A, Sign.HTTP, 0.01))
    assert told(book) == [(Trouble.HTTP_DEAD, Chapter.OPENED), (Trouble.HTTP_DEAD, Chapter.CLOSED)]
    assert book.view.open == {}


def test_a_death_does_not_make_http_well() -> None:
    book = Playbook()
    book.boots(A)
    lasting(book, 70, Answered(A, Sign.PONG, 0.01), Unanswered(A, Sign.HTTP, "no answer within 1.5 s"))
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    assert Trouble.HTTP_DEAD in book.state.incidents.open
    book.sees(Answered(B, Sign.HTTP, 0.01))
    assert Trouble.HTTP_DEAD not in book.state.incidents.open


def test_without_a_session_the_missing_list_says_nothing() -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A, Sign.LIST)
    assert "Signal" not in lasting(book, 30, Answered(A, Sign.HTTP, 0.01), SessionLost(A, "closed: 1001"))


def test_an_adopted_server_has_used_up_its_time_to_start_but_is_asked_first() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Appeared(A, adopted=True, age=86400.0))
    book.sees(Listened(A, owned=True))
    assert Signal(A, 15) not in book.waits(9.9)
    assert Signal(A, 15) in book.waits(0.2)


def test_an_adopted_server_that_is_young_has_the_rest_of_its_time_to_start() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Appeared(A, adopted=True, age=20.0))
    assert Signal(A, 15) not in book.waits(39.9)
    assert Signal(A, 15) in book.waits(0.2)


@pytest.mark.parametrize(
    ("trouble", "seconds", "signs"),
    [
        (Trouble.HUNG, 10, (Sign.PONG, Sign.HTTP)),
        (Trouble.STUCK, 10, (Sign.LIST,)),
        (Trouble.NOT_SERVING, 60, (Sign.PONG,)),
        (Trouble.HTTP_DEAD, 60, (Sign.HTTP,)),
    ],
)
def test_time_alone_brings_a_finding(trouble: Trouble, seconds: float, signs: tuple[Sign, ...]) -> None:
    book = Playbook(Policy(gap=1e6))  # no tick but for the finding's sake
    book.boots(A)
    book.falls_silent(A, *signs)
    book.waits(seconds - 0.1)
    assert trouble not in book.state.findings
    book.waits(0.1)
    assert trouble in book.state.findings


def test_time_alone_makes_a_start_deaf() -> None:
    book = Playbook(Policy(gap=1e6))
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.waits(59.9)
    assert book.state.findings == {}
    book.waits(0.1)
    assert book.state.findings.keys() == {Trouble.DEAF}
