"""What the dead-man switch is told, and when."""

from __future__ import annotations

import msgspec

from sidecar.core.actions import Action, Beat, Pulse, Save, Send
from sidecar.core.engine import due
from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import (
    Absent,
    Appeared,
    BeatFailed,
    BeatHeard,
    PauseAsked,
    Restored,
    ResumeAsked,
    Saved,
    SendFailed,
    Sent,
)
from sidecar.core.policy import Policy
from sidecar.core.view import DeadmanView, Status
from support.playbook import Playbook

A, B = Identity(100, 1), Identity(101, 2)
CALM = Policy(channels=("mail",), gap=1e6, deadman=60.0, start_timeout=1e6)


def beats(actions: list[Action]) -> list[Pulse]:
    return [action.pulse for action in actions if isinstance(action, Beat)]


def booted(policy: Policy = CALM) -> Playbook:
    book = Playbook(policy)
    book.boots(A)
    return book


def owing() -> tuple[Playbook, Send]:
    """A recovered server, and the news of its death that is still under way to its channel."""
    book = booted()
    (save,) = [action for action in book.dies(A, Ended(signal=9)) if isinstance(action, Save)]
    (send,) = [action for action in book.sees(Saved(save.revision)) if isinstance(action, Send)]
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    return book, send


def test_the_start_at_once_then_a_beat_each_interval() -> None:
    book = Playbook(CALM)
    assert beats(book.sees(Restored(None, seed=1))) == [Pulse.STARTED]
    assert beats(book.sees(Absent())) == []
    book.sees(Appeared(A, adopted=False))
    book.proves(A)
    assert beats(book.waits(59.9)) == []
    assert beats(book.waits(0.1)) == [Pulse.WELL]
    assert beats(book.waits(59.9)) == []
    assert beats(book.waits(0.1)) == [Pulse.WELL]


def test_a_beat_is_due_by_time_alone_and_without_a_server() -> None:
    book = Playbook(CALM)
    book.sees(Restored(None, seed=1))
    assert due(book.state, book.policy) == book.at + 60.0


def test_after_a_stall_one_beat_is_sent_and_none_is_made_up_for() -> None:
    book = booted()
    assert beats(book.sees(BeatHeard(), after=200)) == [Pulse.WELL]
    assert beats(book.waits(59.9)) == []
    assert beats(book.waits(0.1)) == [Pulse.WELL]


def test_without_a_switch_nobody_is_told() -> None:
    book = booted(msgspec.structs.replace(CALM, deadman=None))
    assert beats([action for _, actions in book.past for action in actions] + book.waits(600)) == []
    assert book.view.deadman is None


def test_it_is_told_of_an_outage_until_that_is_over() -> None:
    book = booted()
    book.dies(A)
    assert beats(book.waits(60)) == [Pulse.DOWN]
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    (send,) = {entry.owed.message.id for entry in book.state.outbox.entries if entry.sending}
    book.sees(Sent(send, "mail"))
    assert beats(book.waits(60)) == [Pulse.WELL]


def test_in_a_pause_no_outage_is_told_here_neither() -> None:
    book = booted()
    book.dies(A)
    book.sees(PauseAsked(book.wall + 3600))
    assert beats(book.waits(60)) == [Pulse.WELL]
    book.sees(ResumeAsked())
    assert beats(book.waits(60)) == [Pulse.DOWN]


def test_a_message_older_than_the_limit_is_told_and_one_as_old_is_not() -> None:
    book, send = owing()
    assert beats(book.waits(600)) == [Pulse.WELL] * 10
    assert beats(book.waits(60)) == [Pulse.STUCK]
    book.sees(Sent(send.message.id, "mail"))
    book.waits(30)
    (closed,) = book.state.outbox.entries
    book.sees(Sent(closed.owed.message.id, "mail"))
    assert beats(book.waits(30)) == [Pulse.WELL]


def test_how_long_is_too_long_can_be_set() -> None:
    book, _ = owing()
    book.policy = msgspec.structs.replace(CALM, outbox_stuck_after=59.0)
    assert beats(book.waits(60)) == [Pulse.STUCK]


def test_an_open_outage_comes_before_a_stuck_message() -> None:
    book = booted(msgspec.structs.replace(CALM, outbox_stuck_after=1.0))
    book.dies(A)
    assert beats(book.waits(60)) == [Pulse.DOWN]


def test_attempts_in_vain_make_a_message_no_younger() -> None:
    book, send = owing()
    for _ in range(11):
        book.sees(SendFailed(send.message.id, "mail", "refused"))
        told = beats(book.waits(60))
    assert told == [Pulse.STUCK]


def test_a_message_of_the_sidecar_before_is_as_old_as_it_is() -> None:
    book, send = owing()
    memory = book.state.keeper.memory
    assert isinstance(memory, Memory)
    for away, told in ((540.0, Pulse.WELL), (540.1, Pulse.STUCK)):
        heir = Playbook(CALM, at=50.0)
        heir.wall = send.message.incident.opened + away
        heir.sees(Restored(memory, seed=1))
        heir.sees(Appeared(B, adopted=True))
        heir.proves(B)
        assert beats(heir.waits(60)) == [told]


def test_a_recovery_is_as_old_as_the_end_of_its_outage() -> None:
    book = booted()
    book.dies(A)
    book.waits(300)
    for entry in book.state.outbox.entries:
        book.sees(Sent(entry.owed.message.id, "mail"))
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    memory = book.state.keeper.memory
    heir = Playbook(CALM, at=50.0)
    heir.wall = book.wall + 540.0
    heir.sees(Restored(memory, seed=1))
    heir.sees(Appeared(B, adopted=True))
    heir.proves(B)
    assert beats(heir.waits(60)) == [Pulse.WELL]


def test_what_became_of_it_is_shown_and_a_failure_warns() -> None:
    book = booted()
    assert book.view.deadman == DeadmanView(None, 0, "")
    assert book.view.status is Status.PASS
    book.sees(BeatHeard())
    heard = book.wall
    assert book.view.deadman == DeadmanView(heard, 0, "")
    book.sees(BeatFailed("refused"), after=1)
    book.sees(BeatFailed("no answer"), after=1)
    assert book.view.deadman == DeadmanView(heard, 2, "no answer")
    assert book.view.status is Status.WARN
    book.sees(BeatHeard(), after=1)
    assert book.view.deadman == DeadmanView(heard + 3, 0, "")
    assert book.view.status is Status.PASS


def test_an_answer_changes_nothing_of_when_it_is_told_again() -> None:
    book = booted()
    book.sees(BeatHeard(), after=20)
    book.sees(BeatFailed("refused"), after=20)
    assert beats(book.waits(19.9)) == []
    assert beats(book.waits(0.1)) == [Pulse.WELL]
