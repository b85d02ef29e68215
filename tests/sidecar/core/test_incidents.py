"""The stories: one down and one recovered for each outage, told in order."""

from __future__ import annotations

import msgspec

from fermatkit.measures import Measure, Unknown
from sidecar.core.actions import Save, Send
from sidecar.core.nouns import Ended, Identity, Trouble
from sidecar.core.observations import (
    Absent,
    AckAsked,
    Appeared,
    Restored,
    Sampled,
    Saved,
    SaveFailed,
    SendFailed,
    Sent,
    StartFailed,
    StopAsked,
)
from sidecar.core.policy import Policy
from sidecar.core.stories import SERVER, Ack, Chapter, Deed
from support.playbook import Playbook, kinds

A, B, C = (Identity(100 + i, i) for i in range(3))
FREE = Measure.DISK_FREE


def chapters(book: Playbook) -> list[str]:
    return [entry.owed.message.chapter for entry in book.state.outbox.entries]


def test_one_message_for_the_outage_and_one_for_the_proven_recovery() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "S", {Measure.ESTABLISHED: 41}))
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    assert chapters(book) == [Chapter.OPENED]
    book.proves(B)
    assert chapters(book) == [Chapter.OPENED, Chapter.CLOSED]
    opened, closed = (entry.owed.message.incident for entry in book.state.outbox.entries)
    assert opened.causes[0].ended == Ended(signal=9)
    assert opened.clients == 41
    assert [done.deed for done in opened.done] == [Deed.RESTARTED]
    assert [done.deed for done in closed.done] == [Deed.RESTARTED, Deed.STARTED]
    assert closed.proof is not None
    assert closed.proof.identity == B


def test_deaths_before_the_proof_belong_to_the_same_story() -> None:
    book = Playbook(Policy(channels=("mail",), jitter=0.0))
    book.boots(A)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.dies(B, Ended(code=1))
    book.waits(1.1)
    book.sees(Appeared(C, adopted=False))
    book.proves(C)
    assert chapters(book) == [Chapter.OPENED, Chapter.CLOSED]
    closed = book.state.outbox.entries[-1].owed.message.incident
    assert [cause.trouble for cause in closed.causes] == [Trouble.EXITED, Trouble.EXITED]


def test_the_death_that_we_brought_about_is_no_new_cause() -> None:
    book = Playbook()
    book.boots(A)
    book.falls_silent(A)
    book.waits(10.1)
    book.dies(A, Ended(code=143))
    incident = book.state.incidents.open[SERVER]
    assert [cause.trouble for cause in incident.causes] == [Trouble.HUNG]
    assert [done.deed for done in incident.done] == [Deed.COLLECTED, Deed.TERMINATED, Deed.RESTARTED]


def test_a_stop_that_was_asked_for_is_no_story() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(StopAsked(leave=False))
    book.dies(A, Ended(code=143))
    assert chapters(book) == []


def test_a_first_start_that_fails_is_told() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(StartFailed("No such file"))
    assert chapters(book) == [Chapter.OPENED]


def test_an_open_story_is_continued_by_the_next_sidecar() -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    memory = msgspec.json.decode(
        msgspec.json.encode(book.state.keeper.memory), type=type(book.state.keeper.memory)
    )
    heir = Playbook()
    heir.sees(Restored(memory, seed=2))
    heir.sees(Appeared(B, adopted=True))
    heir.proves(B)
    assert chapters(heir) == [Chapter.OPENED, Chapter.CLOSED]
    assert heir.state.outbox.entries[-1].owed.message.incident.number == 1
    assert heir.state.incidents.next_number == 2


def test_a_low_disk_has_its_own_story_with_hysteresis() -> None:
    book = Playbook()
    book.boots(A)
    for free, expected in ((2e9, 0), (1.0e9, 1), (1.2e9, 1), (1.0e9, 1), (1.5e9, 2), (1.2e9, 2)):
        book.sees(Sampled(A, "S", {FREE: free}), after=1)
        assert len(chapters(book)) == expected
    assert chapters(book) == [Chapter.OPENED, Chapter.CLOSED]


def test_who_has_a_story_in_hand_has_that_one() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "S", {FREE: 1.0e9}))
    book.dies(A)
    book.sees(AckAsked(2, "maria", "on my way"), after=1)
    acks = {topic: incident.ack for topic, incident in book.state.incidents.open.items()}
    assert acks == {Trouble.DISK_LOW: None, SERVER: Ack(book.wall, "maria", "on my way")}


def test_not_knowing_the_disk_is_no_proof_that_it_is_well() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "S", {FREE: 1.0e9}))
    book.sees(Sampled(A, "S", {FREE: Unknown("no permission")}))
    assert Trouble.DISK_LOW in book.state.findings
    assert Trouble.DISK_LOW in book.state.incidents.open


def test_a_low_disk_is_the_next_sidecar_s_too() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "S", {FREE: 1.0e9}))
    memory = book.state.keeper.memory
    for reading, expected in ((Unknown("not read within 0.5 s"), True), (1.2e9, True), (1.5e9, False)):
        heir = Playbook()
        heir.sees(Restored(memory, seed=1))
        heir.sees(Appeared(A, adopted=True))
        assert Trouble.DISK_LOW in heir.state.incidents.open
        heir.sees(Sampled(A, "S", {FREE: reading}))
        assert (Trouble.DISK_LOW in heir.state.incidents.open) is expected


def test_a_message_leaves_once_it_is_saved() -> None:
    book = Playbook()
    book.boots(A)
    save = next(action for action in book.dies(A) if isinstance(action, Save))
    assert kinds(book.sees(Saved(save.revision - 1))) == []
    assert kinds(book.sees(Saved(save.revision))) == ["Send"]


def test_a_message_leaves_when_the_disk_fails_or_is_silent_for_a_second() -> None:
    book = Playbook()
    book.boots(A)
    save = next(action for action in book.dies(A) if isinstance(action, Save))
    assert kinds(book.sees(SaveFailed(save.revision, "No space left on device"))) == ["Send"]
    book = Playbook()
    book.boots(A)
    book.dies(A)
    assert "Send" not in kinds(book.waits(0.9))
    assert kinds(book.waits(0.2)) == ["Send"]


def test_messages_keep_their_order_on_a_channel_that_fails() -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    (first,) = [action for action in book.waits(1.1) if isinstance(action, Send)]
    assert first.message.chapter is Chapter.OPENED
    assert kinds(book.sees(SendFailed(first.message.id, "mail", "refused"))) == []
    assert book.view.status == "warn"
    (again,) = [action for action in book.waits(33.1) if isinstance(action, Send)]
    assert again == first
    (second,) = [action for action in book.sees(Sent(first.message.id, "mail")) if isinstance(action, Send)]
    assert second.message.chapter is Chapter.CLOSED
    book.sees(Sent(second.message.id, "mail"))
    assert book.view.outbox is None


def test_a_failing_channel_does_not_hold_back_another() -> None:
    book = Playbook(Policy(channels=("mail", "chat")))
    book.boots(A)
    book.dies(A)
    sends = [action for action in book.waits(1.1) if isinstance(action, Send)]
    assert {send.channel for send in sends} == {"mail", "chat"}
    book.sees(SendFailed(sends[0].message.id, "mail", "refused"))
    book.sees(Sent(sends[0].message.id, "chat"))
    assert [entry.owed.channel for entry in book.state.outbox.entries] == ["mail"]


def test_what_is_owed_is_sent_by_the_next_sidecar() -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    heir = Playbook()
    actions = heir.sees(Restored(book.state.keeper.memory, seed=2))
    assert kinds(actions) == ["Send"]
    assert kinds(heir.sees(Absent())).count("Send") == 0


def test_a_channel_that_is_no_longer_configured_is_owed_nothing() -> None:
    book = Playbook(Policy(channels=("mail", "gone")))
    book.boots(A)
    book.dies(A)
    heir = Playbook(Policy(channels=("mail",)))
    heir.sees(Restored(book.state.keeper.memory, seed=2))
    assert [entry.owed.channel for entry in heir.state.outbox.entries] == ["mail"]


def test_a_long_story_keeps_its_beginning_and_its_end() -> None:
    book = Playbook(Policy(budget=(), jitter=0.0))
    book.boots(A)
    server = A
    for i in range(60):
        book.dies(server, Ended(code=i))
        book.waits(61)
        server = Identity(1000 + i, i)
        book.sees(Appeared(server, adopted=False))
    incident = book.state.incidents.open[SERVER]
    assert len(incident.causes) == len(incident.done) == 16
    assert incident.left_out == 60 + 3 * 60 - 1 - 2 * 16  # the first restart was at once
    assert [incident.causes[0].ended, incident.causes[-1].ended] == [Ended(code=0), Ended(code=59)]
