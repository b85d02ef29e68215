"""A load that was announced: what begins in it says so, and what it explains wakes nobody."""

from __future__ import annotations

import msgspec
import pytest

from fermatkit.measures import Measure
from sidecar.core.actions import Send
from sidecar.core.nouns import Act, Identity, Load, Severity, Trouble
from sidecar.core.observations import Appeared, LoadAnnounced, Restored, Sampled, Sent
from sidecar.core.policy import Policy, Route
from sidecar.core.rules import DEFAULTS, OF_LOAD
from sidecar.core.stories import SERVER, Chapter, Reason
from support.playbook import Playbook, kinds
from support.routes import HOUR, MIDNIGHT, NIGHT, QUEUE, stories, told

A = Identity(100, 1)


def loaded(seconds: float, policy: Policy | None = None) -> Playbook:
    book = Playbook(policy)
    book.boots(A)
    assert kinds(book.sees(LoadAnnounced(book.wall + seconds, 5000, "loadgen on b"))) == []
    return book


def test_what_begins_in_it_says_so_and_is_told_as_ever() -> None:
    book = loaded(60)
    until = book.wall + 60
    assert book.view.load == Load(until, 5000, "loadgen on b")
    book.dies(A)
    assert book.state.incidents.open[SERVER].load == Load(until, 5000, "loadgen on b")
    (owed,) = (entry.owed for entry in book.state.outbox.entries)
    assert owed.message.chapter is Chapter.OPENED


@pytest.mark.parametrize("ended", ["by itself", "at once"])
def test_it_ends(ended: str) -> None:
    book = loaded(60)
    if ended == "at once":
        book.sees(LoadAnnounced(book.wall, 0, "loadgen on b"))
    else:
        book.waits(60)
    assert book.view.load is None
    book.dies(A)
    assert book.state.incidents.open[SERVER].load is None


def reads(book: Playbook, seconds: int, **readings: float) -> list[str]:
    """So many samples, one each second, with these readings; the chapters and topics of what was sent."""
    values = {Measure[name]: value for name, value in readings.items()}
    sent = []
    for _ in range(seconds):
        actions = book.sees(Sampled(A, "S", values), after=1)
        while sends := [action for action in actions if isinstance(action, Send)]:
            (one,) = sends
            sent.append(f"{one.message.chapter} {one.message.incident.topic}")
            sent += [f"with {part.chapter} {part.incident.topic}" for part in one.message.together]
            actions = book.sees(Sent(one.message.id, one.channel))
    return sent


FULL = {"ACCEPT_QUEUE": 51.0, "ACCEPT_LIMIT": 50.0}
EMPTY = {"ACCEPT_QUEUE": 0.0, "ACCEPT_LIMIT": 50.0}


def test_what_it_explains_is_told_when_it_is_over() -> None:
    book = loaded(60)
    assert reads(book, 30, **FULL) == []
    assert book.state.incidents.open[QUEUE].load is not None
    assert reads(book, 29, **FULL) == []
    assert reads(book, 3, **FULL) == ["opened accept-queue"]


def test_what_came_and_went_in_it_is_a_summary_at_its_end() -> None:
    book = loaded(600)
    assert reads(book, 30, **FULL) + reads(book, 30, **EMPTY) == []
    book.sees(LoadAnnounced(book.wall, 0, "loadgen on b"))
    assert reads(book, 3, **EMPTY) == ["digest accept-queue", "with closed accept-queue"]


def test_without_one_it_is_told_at_once() -> None:
    book = Playbook()
    book.boots(A)
    assert "opened accept-queue" in reads(book, 30, **FULL)


def test_what_began_before_is_told_as_ever() -> None:
    book = Playbook()
    book.boots(A)
    assert reads(book, 20, **FULL) == ["opened accept-queue"]
    book.sees(LoadAnnounced(book.wall + 60, 5000, "loadgen on b"))
    assert reads(book, 5, **EMPTY) == ["closed accept-queue"]


def test_a_death_a_hang_and_a_full_disk_are_told_at_once() -> None:
    book = loaded(600)
    assert reads(book, 3, DISK_FREE=1000.0) == ["opened disk-low", "opened log-loss"]
    book.falls_silent(A)
    book.waits(11)
    assert Trouble.HUNG in book.state.findings
    assert any(one.owed.message.incident.topic == SERVER for one in book.state.outbox.entries)
    book = loaded(600)
    book.dies(A)
    assert [one.owed.message.incident.topic for one in book.state.outbox.entries] == [SERVER]


def test_a_rule_that_fails_is_told_at_once() -> None:
    rules = {
        **DEFAULTS,
        Trouble.ACCEPT_QUEUE: msgspec.structs.replace(DEFAULTS[Trouble.ACCEPT_QUEUE], severity=Severity.FAIL),
    }
    book = loaded(600, Policy(channels=("mail",), rules=rules))
    assert reads(book, 20, **FULL) == ["opened accept-queue"]


def test_at_night_it_waits_for_the_morning_though_the_load_is_over() -> None:
    one = stories("mail", hour=23.0, routes=NIGHT)
    one.announced = Load(one.wall + HOUR, 5000, "loadgen on b")
    assert told(one.begins(QUEUE)) == []
    assert [why.reason for why in one.why] == [Reason.LOAD]
    assert one.passes(6 * HOUR) == []
    assert told(one.passes(2.1 * HOUR)) == ["mail: 1-opened"]
    assert (one.wall - MIDNIGHT) / HOUR == pytest.approx(31.1)


def test_a_new_sidecar_holds_back_what_the_one_before_did() -> None:
    book = loaded(60)
    assert reads(book, 30, **FULL) == []
    (memory,) = [one.memory for one in [book.state.keeper] if one.memory is not None]
    anew = Playbook()
    anew.at, anew.wall = book.at + 1, book.wall + 1
    anew.sees(Restored(memory, seed=7))
    anew.sees(Appeared(A, adopted=True))
    assert anew.view.load == book.view.load
    assert reads(anew, 27, **FULL) == []
    assert reads(anew, 3, **FULL) == ["opened accept-queue"]


def test_of_two_generators_the_end_of_one_is_not_that_of_the_other() -> None:
    book = loaded(60)
    book.sees(LoadAnnounced(book.wall, 0, "loadgen on c"))
    assert book.view.load is not None


def test_who_hears_of_failures_alone_hears_nothing_of_it() -> None:
    one = stories("phone", routes={"phone": Route(severity=Severity.FAIL)})
    one.announced = Load(one.wall + HOUR, 5000, "loadgen on b")
    assert one.begins(QUEUE) + one.passes(2 * HOUR) == []


def with_threshold(threshold: float) -> Policy:
    rule = msgspec.structs.replace(DEFAULTS[Trouble.FD_LIMIT], load_threshold=threshold)
    return Policy(channels=("mail",), rules={**DEFAULTS, Trouble.FD_LIMIT: rule})


def test_a_rule_may_have_a_threshold_of_its_own_in_it() -> None:
    book = loaded(60, with_threshold(0.95))
    reads(book, 30, FDS=900.0, FDS_LIMIT=1000.0)
    assert Trouble.FD_LIMIT not in book.state.findings
    reads(book, 15, FDS=960.0, FDS_LIMIT=1000.0)
    assert Trouble.FD_LIMIT in book.state.findings
    reads(book, 3, FDS=900.0, FDS_LIMIT=1000.0)
    assert Trouble.FD_LIMIT in book.state.findings, "it is over where it always is"


def test_at_its_end_the_usual_threshold_holds_without_another_reading() -> None:
    book = loaded(20, with_threshold(0.95))
    reads(book, 15, FDS=900.0, FDS_LIMIT=1000.0)
    assert Trouble.FD_LIMIT not in book.state.findings
    book.waits(20)
    assert Trouble.FD_LIMIT in book.state.findings


def test_a_restart_that_is_planned_for_it_waits_for_its_end() -> None:
    book = loaded(600, Policy(channels=("mail",), quiet_from=0.0, quiet_to=24 * HOUR - 1))
    reads(book, 130, CLOSE_WAIT=500.0)
    assert book.state.findings[Trouble.CLOSE_WAIT].act is Act.PLAN
    book.sees(LoadAnnounced(book.wall, 0, "loadgen on b"))
    assert book.state.findings[Trouble.CLOSE_WAIT].act is Act.RESTART


def test_no_disk_is_explained_by_it() -> None:
    assert not [one for one in OF_LOAD if "disk" in one or "inodes" in one or one == Trouble.LOG_LOSS]
