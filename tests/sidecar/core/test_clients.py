"""The clients' number: in the message, in the decision to restart, and in what counts as back."""

from __future__ import annotations

import pytest

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.actions import Signal
from sidecar.core.nouns import Act, Identity, Sign, Trouble
from sidecar.core.observations import Answered, Appeared, Counted, Restored, Sampled, Unanswered
from sidecar.core.policy import Policy
from sidecar.core.rules import DEFAULTS
from sidecar.core.stories import SERVER, Chapter
from support.playbook import Playbook, kinds

A, B, C = Identity(100, 1), Identity(101, 2), Identity(102, 3)
NEVER_QUIET = {"quiet_from": 0.0, "quiet_to": 0.0}


def counts(book: Playbook, identity: Identity, number: Reading) -> None:
    book.sees(Sampled(identity, "S", {Measure.ESTABLISHED: number}), after=1)


def replaced(before: Reading, policy: Policy | None = None) -> Playbook:
    """A server with so many connections, killed; the next one serves."""
    book = Playbook(policy)
    book.boots(A)
    counts(book, A, before)
    book.dies(A)
    appears(book, B)
    return book


def appears(book: Playbook, identity: Identity) -> None:
    book.sees(Appeared(identity, adopted=False))
    book.proves(identity)


def lives(book: Playbook, identity: Identity, seconds: int, number: Reading) -> None:
    for _ in range(seconds):
        counts(book, identity, number)


def missing(book: Playbook) -> bool:
    return Trouble.CLIENTS_MISSING in book.state.findings


def topics(book: Playbook) -> list[tuple[str, str]]:
    messages = [entry.owed.message for entry in book.state.outbox.entries]
    return [(message.incident.topic, message.chapter) for message in messages]


def test_clients_that_do_not_come_back_are_told_and_so_is_that_they_are_back() -> None:
    book = replaced(100.0)
    lives(book, B, 119, 89.0)
    assert not missing(book)
    lives(book, B, 1, 89.0)
    assert book.state.findings[Trouble.CLIENTS_MISSING].reading == pytest.approx(0.89)
    assert book.state.findings[Trouble.CLIENTS_MISSING].act is Act.TELL
    lives(book, B, 1, 90.0)
    assert not missing(book)
    assert topics(book)[-2:] == [("clients-missing", "opened"), ("clients-missing", "closed")]
    lives(book, B, 600, 5.0)
    assert not missing(book), "they were back, and went for reasons of their own"


@pytest.mark.parametrize(("away", "still"), [(3480.0, True), (3480.5, False)])
def test_the_next_sidecar_expects_them_too_for_an_hour_since_they_were_lost(away: float, still: bool) -> None:
    book = replaced(100.0)
    lives(book, B, 120, 50.0)
    assert missing(book)
    heir = Playbook(at=5000.0)  # another clock, the same wall
    heir.wall = book.wall + away - 1
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Appeared(B, adopted=True))
    heir.proves(B)
    counts(heir, B, 50.0)
    assert missing(heir) is still
    lives(heir, B, 1, 90.0)
    assert not missing(heir)
    assert heir.state.keeper.memory is not None
    assert (heir.state.keeper.memory.expected, heir.state.keeper.memory.lost) == (None, None)


def test_time_alone_brings_the_finding() -> None:
    book = replaced(100.0, Policy(clients_back_in=61.3))
    counts(book, B, 3.0)
    book.waits(60.25)
    assert not missing(book)
    book.waits(0.1)
    assert missing(book)


def test_enough_that_come_back_in_time_are_no_news() -> None:
    book = replaced(100.0)
    lives(book, B, 60, 20.0)
    lives(book, B, 600, 95.0)
    assert not missing(book)
    assert [topic for topic, _ in topics(book)] == [SERVER, SERVER]


def test_who_is_not_back_after_an_hour_is_waited_for_no_longer() -> None:
    book = replaced(100.0)
    lives(book, B, 3599, 3.0)
    assert missing(book)
    lives(book, B, 2, 3.0)
    assert not missing(book)


def test_a_server_that_dies_while_they_come_back_does_not_make_fewer_of_them() -> None:
    book = replaced(100.0)
    counts(book, B, 20.0)
    book.dies(B)
    book.waits(2)
    appears(book, C)
    lives(book, C, 121, 20.0)
    assert book.state.findings[Trouble.CLIENTS_MISSING].reading == pytest.approx(0.2)


@pytest.mark.parametrize("before", [9.0, Unknown("no netlink")])
def test_of_a_few_or_of_nobody_knows_how_many_no_share_is_told(before: Reading) -> None:
    book = replaced(before)
    lives(book, B, 300, 0.0)
    assert not missing(book)


def test_ten_are_enough_to_speak_of_a_share() -> None:
    book = replaced(10.0)
    lives(book, B, 121, 0.0)
    assert missing(book)


def test_nobody_knows_how_many_were_connected_to_one_that_was_never_sampled() -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    assert book.state.incidents.open[SERVER].clients is None


def test_while_their_number_is_unknown_nothing_changes() -> None:
    book = replaced(100.0)
    lives(book, B, 150, Unknown("no netlink"))
    assert not missing(book)
    lives(book, B, 1, 3.0)
    assert missing(book)
    lives(book, B, 30, Unknown("no netlink"))
    assert missing(book)


def test_their_return_is_waited_for_only_while_the_server_serves() -> None:
    book = replaced(100.0)
    lives(book, B, 100, 3.0)
    book.sees(Unanswered(B, Sign.PONG, "no answer"))
    book.sees(Answered(B, Sign.PONG, 0.01), after=5)
    lives(book, B, 119, 3.0)
    assert not missing(book)
    lives(book, B, 2, 3.0)
    assert missing(book)


def test_the_message_has_the_number_from_before_the_trouble() -> None:
    book = Playbook()
    book.boots(A)
    counts(book, A, 41.0)
    book.falls_silent(A)
    counts(book, A, 7.0)
    book.waits(11)
    assert book.state.incidents.open[SERVER].clients == 41.0


def leaking(number: Reading, counters: dict[Measure, Reading] | None = None) -> Playbook:
    """A server that is to be restarted some time, with so many connections."""
    book = Playbook(Policy(rules=DEFAULTS, **NEVER_QUIET))
    book.boots(A)
    book.sees(Sampled(A, "S", {Measure.TIMERS: 1001.0}))
    book.sees(Counted(A, counters or {}))
    counts(book, A, number)
    return book


COUNTERS: dict[Measure, Reading] = {
    Measure.CLIENTS_REGISTERED: 1,
    Measure.CLIENTS_PENDING: 0,
    Measure.CLIENTS_VPN: 0,
}


@pytest.mark.parametrize(
    ("number", "counters", "ended"),
    [
        (4.0, None, False),
        (3.0, None, True),
        (Unknown("no netlink"), None, False),
        (500.0, COUNTERS, True),
        (500.0, {**COUNTERS, Measure.CLIENTS_VPN: 2}, False),
        (500.0, {**COUNTERS, Measure.CLIENTS_REGISTERED: 2}, False),
        (500.0, {**COUNTERS, Measure.CLIENTS_PENDING: Unknown("no login")}, False),
        (2.0, {**COUNTERS, Measure.CLIENTS_PENDING: Unknown("no login")}, True),
    ],
)
def test_a_planned_restart_need_not_wait_when_hardly_anybody_is_connected(
    number: Reading, counters: dict[Measure, Reading] | None, *, ended: bool
) -> None:
    book = leaking(number, counters)
    assert (Signal(A, 15) in [action for _, actions in book.past for action in actions]) is ended


def test_a_count_from_before_the_trouble_is_no_ground_for_a_restart() -> None:
    book = Playbook(Policy(rules=DEFAULTS, **NEVER_QUIET))
    book.boots(A)
    counts(book, A, 0.0)
    book.sees(Sampled(A, "S", {Measure.TIMERS: 1001.0}), after=3)
    assert book.state.findings[Trouble.THREADS_MANY].act is Act.PLAN
    counts(book, A, 0.0)
    assert book.state.findings[Trouble.THREADS_MANY].act is Act.RESTART


def test_a_dead_http_is_worth_a_restart_once_nobody_is_connected() -> None:
    book = Playbook(Policy(channels=("mail",), rules=DEFAULTS, **NEVER_QUIET))
    book.boots(A)
    counts(book, A, 12.0)
    book.falls_silent(A, Sign.HTTP)
    assert "Signal" not in kinds(book.waits(600))
    assert topics(book) == [(Trouble.HTTP_DEAD, Chapter.OPENED)]
    counts(book, A, 1.0)
    assert Signal(A, 15) in [action for _, actions in book.past[-2:] for action in actions]


def test_the_process_after_one_whose_http_was_dead_gets_its_own_time() -> None:
    """It came up with nobody connected, the old story still open, and was ended at once; so was the next."""
    book = Playbook(Policy(channels=("mail",), rules=DEFAULTS, **NEVER_QUIET))
    book.boots(A)
    book.falls_silent(A, Sign.HTTP)
    book.waits(61)
    counts(book, A, 0.0)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    counts(book, B, 0.0)
    book.proves(B)
    book.falls_silent(B, Sign.HTTP)
    assert "Signal" not in kinds(book.waits(59))
    assert Trouble.HTTP_DEAD in book.state.findings
    book.waits(1)
    counts(book, B, 0.0)
    assert Signal(B, 15) in [action for _, actions in book.past[-2:] for action in actions]


def test_a_planned_restart_is_made_when_the_last_client_has_left() -> None:
    book = leaking(4.0)
    assert book.state.findings[Trouble.THREADS_MANY].act is Act.PLAN
    counts(book, A, 1.0)
    assert book.state.findings[Trouble.THREADS_MANY].act is Act.RESTART
