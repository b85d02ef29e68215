"""A time without a sidecar: how long it was, what became of the server, and in whose story it is told."""

from __future__ import annotations

import msgspec
import pytest

from fermatkit.measures import Measure
from sidecar.core.memory import Memory
from sidecar.core.moments import Absence, Meanwhile
from sidecar.core.nouns import Identity, Trouble
from sidecar.core.observations import Absent, Appeared, Observation, Restored, Sampled
from sidecar.core.policy import Abilities, Policy
from sidecar.core.stories import SERVER, Incident
from support.playbook import Playbook

A, B = Identity(100, 1), Identity(101, 2)
BACK = Appeared(A, adopted=True)


def returning(away: float, first: Observation | None = BACK, memory: Memory | None = None) -> Playbook:
    """A sidecar that starts after so many seconds, and what it sees at first."""
    book = Playbook(Policy(channels=("mail",), gap=1e6, start_timeout=1e6, abilities=Abilities()))
    book.sees(Restored(memory or Memory(1, identity=A), 1, book.wall - away))
    if first is not None:
        book.sees(first)
    return book


def told(book: Playbook) -> list[Incident]:
    return [entry.owed.message.incident for entry in book.state.outbox.entries]


@pytest.mark.parametrize(
    ("first", "server"),
    [
        (BACK, Meanwhile.RAN_ON),
        (Appeared(B, adopted=True), Meanwhile.REPLACED),
        (Appeared(Identity(A.pid, 2), adopted=True), Meanwhile.REPLACED),
        (Absent(), Meanwhile.GONE),
        (Absent("cloud.pid: is empty"), Meanwhile.GONE),
        (Absent("not ours to see", alive=A), Meanwhile.UNKNOWN),
    ],
)
def test_the_first_look_tells_what_became_of_the_server(first: Observation, server: Meanwhile) -> None:
    book = returning(60.0, first)
    since, until = book.wall - 60.0, book.wall
    assert book.view.absence == Absence(since, until, server)


@pytest.mark.parametrize("first", [BACK, Absent()])
def test_of_none_that_was_known_nothing_is_claimed(first: Observation) -> None:
    absence = returning(60.0, first, Memory(1)).view.absence
    assert absence is not None
    assert absence.server is Meanwhile.UNKNOWN


def test_what_comes_after_the_first_look_is_no_news_of_the_absence() -> None:
    book = returning(60.0, Absent())
    before = book.view.absence
    book.sees(Appeared(B, adopted=False), after=5)
    book.sees(Absent(), after=5)
    assert book.view.absence == before


def test_before_the_first_look_nothing_is_known_of_the_server() -> None:
    absence = returning(60.0, first=None).view.absence
    assert absence is not None
    assert absence.server is None
    assert not absence.matters


@pytest.mark.parametrize(("away", "matters"), [(0.0, False), (10.0, False), (10.001, True)])
def test_a_restart_of_the_sidecar_is_no_absence_worth_telling(away: float, matters: bool) -> None:
    book = returning(away, Absent())
    assert book.view.absence is not None
    assert book.view.absence.matters is matters
    assert (told(book)[0].absence is not None) is matters


def test_when_nothing_tells_or_the_clock_was_set_back_it_is_unknown() -> None:
    assert returning(-0.1).view.absence is None
    book = Playbook()
    book.sees(Restored(None, 1))
    book.sees(Absent())
    assert book.view.absence is None


def test_without_a_memory_its_length_is_known_all_the_same() -> None:
    book = Playbook()
    book.sees(Restored(None, 1, book.wall - 60))
    book.sees(Absent())
    assert book.view.absence == Absence(book.wall - 60, book.wall, Meanwhile.UNKNOWN)


def test_a_death_that_nobody_saw_is_told_with_it_to_the_end() -> None:
    book = returning(60.0, Appeared(B, adopted=True))
    book.proves(B)
    opened, closed = told(book)
    assert opened.causes[0].trouble is Trouble.EXITED
    assert opened.absence == closed.absence == book.view.absence


def test_what_is_found_before_any_server_was_well_may_have_begun_then() -> None:
    book = returning(60.0)
    assert told(book) == []
    book.falls_silent(A)
    book.sees(Sampled(A, "T", {Measure.DISK_FREE: 1e6}))
    (incident,) = book.state.incidents.open.values()
    assert (incident.topic, incident.absence) == (SERVER, book.view.absence)
    assert [cause.trouble for cause in incident.related] == [Trouble.DISK_LOW, Trouble.LOG_LOSS]


def test_what_begins_after_it_was_well_is_told_without() -> None:
    book = returning(60.0)
    book.proves(A)
    book.dies(A)
    assert [incident.absence for incident in told(book)] == [None]
    book.sees(Appeared(B, adopted=False))
    book.dies(B)  # never proven itself, but the one before had been
    assert [incident.absence for incident in told(book)] == [None]


@pytest.mark.parametrize(("opened", "then"), [(-30.0, True), (0.0, True), (0.5, False)])
def test_whatever_was_open_over_it_says_so(opened: float, then: bool) -> None:
    """A clock that was set while nobody looked may have one begin later than the sidecar itself."""
    before = Playbook()
    before.boots(A)
    before.sees(Sampled(A, "S", {Measure.DISK_FREE: 1e6}))
    memory = before.state.keeper.memory
    assert memory is not None
    story = msgspec.structs.replace(memory.incidents[Trouble.DISK_LOW], opened=before.wall + opened)
    book = returning(
        60.0, None, msgspec.structs.replace(memory, incidents={Trouble.DISK_LOW: story}, owed=())
    )
    book.wall = before.wall
    assert [one.absence for one in book.state.incidents.open.values()] == [None]
    book.sees(BACK)
    expected = book.view.absence if then else None
    assert [one.absence for one in book.state.incidents.open.values()] == [expected]
    book.sees(Sampled(A, "S", {Measure.DISK_FREE: 1e12}))
    (closed,) = told(book)
    assert closed.absence == expected


def test_it_goes_into_the_memory_and_back() -> None:
    book = returning(60.0, Absent())
    memory = book.state.keeper.memory
    assert memory is not None
    assert msgspec.json.decode(msgspec.json.encode(memory), type=Memory).incidents == memory.incidents
    assert memory.incidents[SERVER].absence == book.view.absence
