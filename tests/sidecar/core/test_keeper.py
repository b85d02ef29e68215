"""What is given to the store, and when again."""

from __future__ import annotations

from sidecar.core.actions import Action, Save
from sidecar.core.observations import Absent, Restored, Saved, SaveFailed, Ticked
from sidecar.core.policy import Policy
from support.playbook import Playbook


def saves(actions: list[Action]) -> list[Save]:
    return [action for action in actions if isinstance(action, Save)]


def test_a_memory_that_could_not_be_saved_is_tried_again_by_time_alone() -> None:
    book = Playbook(Policy(gap=1e6))
    book.boots()
    failed = book.state.keeper.revision
    book.sees(SaveFailed(failed, "No space left on device"))
    assert saves(book.waits(4.9)) == []
    (again,) = saves(book.waits(0.1))
    assert (again.revision, again.memory) == (failed + 1, book.state.keeper.memory)
    assert saves(book.waits(60) + book.sees(Ticked())) == []  # until the disk has answered
    book.sees(SaveFailed(again.revision, "No space left on device"))
    assert (book.view.failed_saves, book.view.unsaved) == (2, "No space left on device")
    (third,) = saves(book.waits(5))
    book.sees(Saved(third.revision))
    assert (book.view.failed_saves, book.view.unsaved) == (0, "")
    assert saves(book.waits(60)) == []


def test_a_failure_of_an_older_memory_waits_for_the_newer_one() -> None:
    book = Playbook(Policy(gap=1e6))
    identity = book.boots()
    older = book.state.keeper.revision
    book.dies(identity)
    book.sees(SaveFailed(older, "No space left on device"))
    assert saves(book.waits(60)) == []


def test_memories_are_numbered_from_one() -> None:
    book = Playbook()
    assert saves(book.sees(Restored(None, seed=7))) == []  # what was is not known yet
    (first,) = saves(book.sees(Absent()))
    assert (first.revision, first.memory.seed) == (1, 7)


def test_a_death_that_a_story_tells_of_is_no_news_to_the_next_sidecar() -> None:
    book = Playbook()
    book.dies(book.boots())
    memory = book.state.keeper.memory
    assert memory is not None
    assert memory.identity is None
    heir = Playbook()
    heir.sees(Restored(memory, seed=1))
    heir.sees(Absent())
    assert [len(one.causes) for one in heir.state.incidents.open.values()] == [1]
