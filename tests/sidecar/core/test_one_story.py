"""What comes up during an outage is told as a part of it: one story, with one end."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fermatkit.measures import Measure
from sidecar.core.nouns import Identity, Severity, Trouble
from sidecar.core.observations import Appeared, HostSampled, PauseAsked
from sidecar.core.policy import Policy
from sidecar.core.stories import SERVER, Cause, Chapter, Incident
from support.playbook import Playbook

A, B = Identity(100, 1), Identity(101, 2)
LEAK, DEATH = Cause(Trouble.THREADS_MANY, 0.0, severity=Severity.WARN), Cause(Trouble.EXITED, 0.0)
FULL, ROOMY = HostSampled({Measure.DISK_FREE: 5e8}), HostSampled({Measure.DISK_FREE: 5e9})


@pytest.fixture
def book() -> Playbook:
    book = Playbook(Policy(channels=("mail",), gap=1e6))
    book.boots(A)
    return book


def told(book: Playbook) -> list[str]:
    return [entry.owed.message.id.replace(f"{book.wall:.0f}", "now") for entry in book.state.outbox.entries]


def comes_back(book: Playbook) -> None:
    book.sees(Appeared(B, adopted=False))
    book.proves(B)


def test_what_comes_up_during_an_outage_is_a_change_of_it(book: Playbook) -> None:
    book.dies(A)
    died = f"{book.wall:.0f}"
    book.sees(FULL, after=3)
    assert told(book) == [f"1-{died}-opened", f"1-{died}-changed-disk-low"]
    message = book.state.outbox.entries[-1].owed.message
    assert (message.chapter, message.made) == (Chapter.CHANGED, book.wall)
    (cause,) = message.incident.related
    assert (cause.trouble, cause.severity, cause.reading) == (Trouble.DISK_LOW, Severity.WARN, 5e8)
    assert cause.pid is None
    assert list(book.state.incidents.open) == [SERVER]


def test_it_is_told_once_however_often_it_comes(book: Playbook) -> None:
    book.dies(A)
    for what in (FULL, ROOMY, FULL):
        book.sees(what)
    comes_back(book)
    assert told(book) == ["1-now-opened", "1-now-changed-disk-low", "1-now-closed", "2-now-opened"]


def test_what_is_over_before_the_outage_is_ends_with_it(book: Playbook) -> None:
    book.dies(A)
    book.sees(FULL)
    book.sees(ROOMY)
    comes_back(book)
    assert told(book)[2:] == ["1-now-closed"]
    assert book.state.incidents.open == {}


def test_what_outlasts_the_outage_is_a_story_of_its_own_then(book: Playbook) -> None:
    book.dies(A)
    book.sees(FULL)
    comes_back(book)
    assert told(book)[2:] == ["1-now-closed", "2-now-opened"]
    assert list(book.state.incidents.open) == [Trouble.DISK_LOW]
    book.sees(ROOMY)
    assert told(book)[4:] == ["2-now-closed"]


def test_what_was_wrong_before_belongs_to_the_outage_and_keeps_its_own_end(book: Playbook) -> None:
    book.sees(FULL)
    book.dies(A)
    opened = book.state.outbox.entries[-1].owed.message
    assert (opened.chapter, [cause.trouble for cause in opened.incident.related]) == (
        Chapter.OPENED,
        [Trouble.DISK_LOW],
    )
    book.sees(ROOMY)
    comes_back(book)
    assert told(book) == ["1-now-opened", "2-now-opened", "1-now-closed", "2-now-closed"]


def test_what_comes_up_before_the_outage_is_told_is_in_its_first_message(book: Playbook) -> None:
    book.collects = False
    book.falls_silent(A)
    book.waits(10)
    assert told(book) == []  # the evidence is being gathered
    book.sees(FULL)
    book.waits(3)
    (entry,) = book.state.outbox.entries
    assert [cause.trouble for cause in entry.owed.message.incident.related] == [Trouble.DISK_LOW]


def test_in_a_pause_it_is_a_story_of_its_own(book: Playbook) -> None:
    book.dies(A)
    book.sees(PauseAsked(book.wall + 600))
    book.sees(FULL)
    assert told(book) == ["1-now-opened", "2-now-opened"]


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({}, Severity.WARN),
        ({"told": (Chapter.OPENED,)}, Severity.WARN),
        ({"told": (Chapter.OPENED, Chapter.HELD)}, Severity.FAIL),
        ({"told": (Chapter.SPARED,)}, Severity.FAIL),
        ({"causes": (LEAK, DEATH)}, Severity.FAIL),
        ({"related": (LEAK,)}, Severity.WARN),
        ({"related": (DEATH,)}, Severity.FAIL),
    ],
)
def test_a_planned_restart_is_as_bad_as_the_worst_that_comes_of_it(
    more: dict[str, Any], severity: Severity
) -> None:
    planned = Incident(1, SERVER, 0.0, (LEAK,))
    assert msgspec.structs.replace(planned, **more).severity is severity
