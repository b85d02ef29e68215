"""Evidence before the end: gathered once, with a deadline, named in the message."""

from __future__ import annotations

from fermatkit.measures import Measure
from sidecar.core.actions import Collect, Signal
from sidecar.core.nouns import Identity, Sign, Trouble
from sidecar.core.observations import Answered, Collected, Sampled
from sidecar.core.phases import Collecting, Settled, Terminating
from sidecar.core.stories import SERVER, Chapter, Deed
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)


def hung() -> tuple[Playbook, list[str]]:
    book = Playbook()
    book.collects = False
    book.boots(A)
    book.falls_silent(A)
    return book, kinds(book.waits(10))


def deeds(book: Playbook) -> list[Deed]:
    return [done.deed for done in book.state.incidents.open[SERVER].done]


def chapters(book: Playbook) -> list[Chapter]:
    return [entry.owed.message.chapter for entry in book.state.outbox.entries]


def test_evidence_comes_before_the_signal_and_the_message_names_it() -> None:
    book, actions = hung()
    assert actions == ["Collect"]
    assert isinstance(book.phase, Collecting)
    assert chapters(book) == []
    actions2 = book.sees(Collected(A, "/evidence/7-hung", (), 0.2), after=0.2)
    assert Signal(A, 15) in actions2
    (opened,) = [entry.owed.message for entry in book.state.outbox.entries]
    assert [(done.deed, done.why) for done in opened.incident.done] == [
        (Deed.COLLECTED, "/evidence/7-hung"),
        (Deed.TERMINATED, ""),
    ]


def test_the_label_says_what_is_wrong() -> None:
    book, _ = hung()
    (collect,) = [action for _, actions in book.past for action in actions if isinstance(action, Collect)]
    assert collect == Collect(A, Trouble.HUNG)


def test_the_label_is_no_note_s() -> None:
    book = Playbook()
    book.boots(A)
    readings = {Measure.FDS: 720.0, Measure.FDS_LIMIT: 1000.0, Measure.THREADS: 5000.0}
    actions = [action for _ in range(61) for action in book.sees(Sampled(A, "S", readings), after=1)]
    assert Trouble.FDS_HIGH in book.state.findings
    assert Collect(A, Trouble.THREADS_SPENT) in actions


def test_evidence_that_does_not_come_holds_nothing_up_for_long() -> None:
    book, _ = hung()
    assert "Signal" not in kinds(book.waits(2.9))
    assert "Signal" in kinds(book.waits(0.2))
    assert deeds(book) == [Deed.UNCOLLECTED, Deed.TERMINATED]
    book.sees(Collected(A, "/evidence/late", (), 9.0))
    assert isinstance(book.phase, Terminating)


def test_evidence_that_could_not_be_had_says_why() -> None:
    book, _ = hung()
    book.sees(Collected(A, "", ("No space left on device",), 0.1))
    done = book.state.incidents.open[SERVER].done[0]
    assert (done.deed, done.why) == (Deed.UNCOLLECTED, "No space left on device")


def test_a_server_that_answers_meanwhile_is_not_ended() -> None:
    book, _ = hung()
    for sign in (Sign.PONG, Sign.HTTP):
        book.sees(Answered(A, sign, 11.0))
    assert "Signal" not in kinds(book.sees(Collected(A, "/evidence/7-hung", (), 0.2)))
    assert isinstance(book.phase, Settled)
    assert chapters(book) == [Chapter.OPENED, Chapter.CLOSED]


def test_a_server_that_dies_meanwhile_is_started_again() -> None:
    book, _ = hung()
    assert "Start" in kinds(book.dies(A))


def test_a_stopped_server_is_looked_at_too_before_sigkill() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "T", {}))
    waited = book.waits(10.1)
    assert [kind for kind in kinds(waited) if kind != "Send"] == ["Collect", "Signal"]
    assert Signal(A, 9) in waited


def test_the_evidence_is_named_after_what_is_acted_on() -> None:
    """Near the limit of descriptors is told, at it for minutes the server is replaced: both are so then."""
    book = Playbook()
    book.boots(A)
    spent = {Measure.FDS: 1000.0, Measure.FDS_LIMIT: 1000.0}
    actions = [action for _ in range(302) for action in book.sees(Sampled(A, "S", spent), after=1)]
    assert {Trouble.FD_LIMIT, Trouble.FDS_SPENT} <= book.state.findings.keys()
    assert [action.label for action in actions if isinstance(action, Collect)] == ["fds-spent"]


def test_the_evidence_of_a_stopped_one_has_its_name() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "T", {}))
    assert [one.label for one in book.waits(15) if isinstance(one, Collect)] == ["stopped"]
