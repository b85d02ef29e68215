"""A story that is found in an old memory: its end may have been told while nothing could be saved."""

from __future__ import annotations

import pytest

from sidecar.core.memory import Memory
from sidecar.core.nouns import Identity, Sign, Trouble
from sidecar.core.observations import Absent, Appeared, PauseAsked, Restored, ResumeAsked, Unanswered
from sidecar.core.stories import SERVER, Cause, Chapter, Deed, Done, Incident, Message
from support.playbook import Playbook, kinds

A, B, C = (Identity(100 + i, i) for i in range(3))
TOLD = (Chapter.OPENED,)


def story(book: Playbook, age: float, told: tuple[Chapter, ...] = TOLD) -> Incident:
    """Its last line was written so long ago."""
    opened = book.wall - age - 7
    restarted = Done(Deed.RESTARTED, opened + 7)
    return Incident(4, SERVER, opened, (Cause(Trouble.EXITED, opened, 99),), (restarted,), told=told)


def inherits(age: float, told: tuple[Chapter, ...] = TOLD, identity: Identity | None = None) -> Playbook:
    book = Playbook()
    incidents = {SERVER: story(book, age, told)}
    book.sees(Restored(Memory(seed=1, identity=identity, next_number=5, incidents=incidents), seed=2))
    return book


def owed(book: Playbook) -> list[Message]:
    return [entry.owed.message for entry in book.state.outbox.entries]


def chapters(book: Playbook) -> list[Chapter]:
    return [message.chapter for message in owed(book)]


def recovers(book: Playbook) -> None:
    book.sees(Appeared(B, adopted=False), after=1)
    book.proves(B)


def test_what_is_down_now_is_told_again_and_so_is_its_end_and_no_id_comes_twice() -> None:
    book = inherits(60.5)
    taken_up = book.wall
    book.sees(Absent(), after=1)
    recovers(book)
    assert chapters(book) == [Chapter.AGAIN, Chapter.CLOSED]
    assert [message.id for message in owed(book)] == [f"4-{taken_up:.0f}-again", f"4-{taken_up:.0f}-closed"]
    assert Done(Deed.RESUMED, taken_up, until=taken_up - 60.5) in owed(book)[0].incident.done
    assert book.state.incidents.open == {}


def test_a_story_of_a_minute_ago_goes_on() -> None:
    book = inherits(60.0)
    opened = book.wall - 67
    book.sees(Absent())
    recovers(book)
    assert [message.id for message in owed(book)] == [f"4-{opened:.0f}-closed"]


@pytest.mark.parametrize("cause_is_last", [True, False])
def test_its_last_line_is_a_cause_or_a_deed(cause_is_last: bool) -> None:
    book = Playbook()
    old, new = book.wall - 500, book.wall - 60
    cause, deed = (new, old) if cause_is_last else (old, new)
    incident = Incident(
        4, SERVER, old, (Cause(Trouble.EXITED, cause),), (Done(Deed.RESTARTED, deed),), told=TOLD
    )
    book.sees(Restored(Memory(seed=1, next_number=5, incidents={SERVER: incident}), seed=2))
    book.sees(Absent())
    assert chapters(book) == []


@pytest.mark.parametrize("remembered", [A, None])
def test_a_server_that_runs_has_recovered_under_the_same_id_for_that_may_have_been_told(
    remembered: Identity | None,
) -> None:
    book = inherits(3600, identity=remembered)
    opened = book.wall - 3607
    book.sees(Appeared(A, adopted=True))
    assert chapters(book) == []
    book.proves(A)
    assert [message.id for message in owed(book)] == [f"4-{opened:.0f}-closed"]


def test_a_server_that_runs_and_then_falls_ill_is_told_again() -> None:
    book = inherits(3600, identity=A)
    book.sees(Appeared(A, adopted=True))
    for sign in (Sign.PONG, Sign.HTTP):
        book.sees(Unanswered(A, sign, "no answer"))
    assert chapters(book) == []
    book.dies(A)
    assert chapters(book) == [Chapter.AGAIN]


def test_a_beginning_that_was_not_told_yet_is_told_once() -> None:
    book = inherits(3600, told=())
    book.sees(Absent())
    assert chapters(book) == [Chapter.OPENED]


def test_each_sidecar_that_finds_it_so_says_so_once() -> None:
    book = inherits(3600, told=(Chapter.OPENED, Chapter.AGAIN, Chapter.HELD))
    taken_up = book.wall
    book.sees(Absent())
    book.waits(100)
    assert [message.id for message in owed(book)] == [f"4-{taken_up:.0f}-again"]
    (incident,) = book.state.incidents.open.values()
    assert incident.told == (Chapter.OPENED, Chapter.HELD, Chapter.AGAIN)


def test_of_two_times_the_last_gives_the_id() -> None:
    book = inherits(3600)
    book.sees(Absent())
    heir = Playbook(at=book.at + 500)
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Absent())
    assert [message.id for message in owed(heir)] == [
        f"4-{book.wall:.0f}-again",
        f"4-{heir.wall:.0f}-again",
    ]


def test_an_outage_before_the_end_of_the_last_is_on_the_disk_joins_that_story_and_nothing_is_lost() -> None:
    """The end cannot have been told: it leaves only when it is on the disk."""
    book = Playbook()
    book.boots(A)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    before = book.state.keeper.memory
    ended = book.proves(B)
    assert before is not None
    assert chapters(book) == [Chapter.OPENED, Chapter.CLOSED]
    assert "Send" not in kinds(ended)
    heir = Playbook(at=book.at + 1)
    heir.sees(Restored(before, seed=1))
    heir.sees(Absent())
    heir.sees(Appeared(C, adopted=False))
    heir.proves(C)
    assert chapters(heir) == [Chapter.OPENED, Chapter.CLOSED]
    assert [cause.pid for cause in owed(heir)[1].incident.causes] == [A.pid, B.pid]


def test_in_a_pause_it_waits() -> None:
    book = inherits(3600)
    book.sees(PauseAsked(book.wall + 600, "upgrade", "root"))
    book.sees(Absent())
    assert chapters(book) == []
    book.sees(ResumeAsked())
    assert chapters(book) == [Chapter.AGAIN]


def test_a_findings_own_story_has_no_gap() -> None:
    book = Playbook()
    since = book.wall - 900
    disk = Incident(2, Trouble.DISK_LOW, since, (Cause(Trouble.DISK_LOW, since),), told=TOLD)
    book.sees(Restored(Memory(seed=1, next_number=5, incidents={disk.topic: disk}), seed=2))
    assert book.state.incidents.open == {disk.topic: disk}
