"""A server that somebody else runs: watched, proven and told of; never started, never ended."""

from __future__ import annotations

import pytest

from fermatkit.measures import Measure
from sidecar.core.actions import Collect, Finish, Signal, Watch
from sidecar.core.memory import Memory
from sidecar.core.nouns import Act, Ended, Identity, Sign, Trouble
from sidecar.core.observations import (
    Absent,
    Appeared,
    Counted,
    PauseAsked,
    Restored,
    ResumeAsked,
    Sampled,
    StopAsked,
    Unanswered,
)
from sidecar.core.phases import Awaiting, Over, Settled, Sparing
from sidecar.core.policy import Abilities, Policy
from sidecar.core.stories import SERVER, Chapter, Deed, Incident
from support.playbook import Playbook, kinds

A, B, C = Identity(100, 1), Identity(101, 2), Identity(102, 3)
POLICY = Policy(channels=("mail",), abilities=Abilities(can_start=False))
WHY = "cloud.pid: there is no such file"
QUIET = 3.5 * 3600


def found(identity: Identity = A) -> Playbook:
    """Over a proven server."""
    book = Playbook(POLICY)
    book.sees(Restored(None, seed=7))
    book.sees(Appeared(identity, adopted=True))
    book.proves(identity)
    return book


def told(book: Playbook) -> list[tuple[Chapter, Incident]]:
    return [(entry.owed.message.chapter, entry.owed.message.incident) for entry in book.state.outbox.entries]


def deeds(book: Playbook) -> list[Deed]:
    return [done.deed for done in book.state.incidents.open[SERVER].done]


def test_a_death_is_told_at_once_and_the_sidecar_waits() -> None:
    book = found()
    actions = book.dies(A, Ended()) + book.waits(3000)
    assert "Start" not in kinds(actions)
    assert Watch(None) in actions
    ((chapter, incident),) = told(book)
    assert chapter is Chapter.OPENED
    assert [cause.trouble for cause in incident.causes] == [Trouble.EXITED]
    assert [done.deed for done in incident.done] == [Deed.AWAITED]
    assert isinstance(book.phase, Awaiting)


def test_who_comes_back_is_proven_before_recovered_is_told() -> None:
    book = found()
    book.dies(A)
    book.sees(Absent(WHY), after=1)
    assert Watch(B) in book.sees(Appeared(B, adopted=True), after=30)
    assert [chapter for chapter, _ in told(book)] == [Chapter.OPENED]
    book.proves(B)
    assert [chapter for chapter, _ in told(book)] == [Chapter.OPENED, Chapter.CLOSED]
    assert told(book)[1][1].proof.identity == B
    assert book.state.recovery.restarts == ()
    assert book.state.recovery.failures == 0


def test_who_is_not_found_at_first_is_an_outage_only_if_that_lasts() -> None:
    book = Playbook(POLICY)
    book.sees(Restored(None, seed=7))
    assert "Start" not in kinds(book.sees(Absent("cloud.pid: is empty")))
    assert book.state.findings[Trouble.NOT_FOUND].why == "cloud.pid: is empty"
    book.waits(9.9)
    assert told(book) == []
    book.sees(Absent(WHY))  # another reason is no new beginning
    book.waits(0.2)
    ((_, incident),) = told(book)
    assert [(cause.trouble, cause.why) for cause in incident.causes] == [(Trouble.NOT_FOUND, WHY)]
    book.sees(Appeared(B, adopted=True))
    book.proves(B)
    assert book.state.findings == {}
    assert [chapter for chapter, _ in told(book)] == [Chapter.OPENED, Chapter.CLOSED]


def test_a_server_that_somebody_starts_meanwhile_was_no_outage() -> None:
    book = Playbook(POLICY)
    book.sees(Restored(None, seed=7))
    book.sees(Absent(WHY))
    book.sees(Appeared(B, adopted=True), after=5)
    book.proves(B)
    book.waits(100)
    assert told(book) == []


def test_a_remembered_one_that_has_ended_died_unseen() -> None:
    book = Playbook(POLICY)
    book.sees(Restored(Memory(seed=7, identity=A), seed=1))
    assert "Start" not in kinds(book.sees(Absent(WHY)))
    assert [cause.trouble for cause in told(book)[0][1].causes] == [Trouble.EXITED]


def test_a_remembered_one_that_lives_is_not_called_dead() -> None:
    book = Playbook(POLICY)
    book.sees(Restored(Memory(seed=7, identity=A), seed=1))
    book.sees(Absent(WHY, alive=A))
    book.waits(11)
    assert [cause.trouble for cause in told(book)[0][1].causes] == [Trouble.NOT_FOUND]


def test_who_was_only_taken_for_the_server_did_not_end() -> None:
    book = found(A)
    book.sees(Absent("pid 100 is none: pid 101 listens on port 9090", alive=A))
    assert Watch(B) in book.sees(Appeared(B, adopted=True))
    assert not book.view.ready, "what was learned of the other is not so of this one"
    book.proves(B)
    book.waits(60)
    assert told(book) == []


def test_a_hung_one_is_told_with_evidence_and_left_alone() -> None:
    book = found()
    book.falls_silent(A)
    actions = book.waits(600)
    assert [type(action) for action in actions if isinstance(action, Collect | Signal)] == [Collect]
    ((_, incident),) = told(book)
    assert [done.deed for done in incident.done] == [Deed.COLLECTED, Deed.LEFT]
    assert isinstance(book.phase, Sparing)
    book.proves(A)
    assert [incident.topic for _, incident in told(book)] == [SERVER, SERVER, Trouble.HTTP_DEAD]


def test_an_ill_one_that_is_well_again_has_recovered() -> None:
    book = found()
    book.falls_silent(A, Sign.PONG)
    book.waits(61)
    assert isinstance(book.phase, Sparing)
    book.proves(A)
    assert isinstance(book.phase, Settled)
    assert [chapter for chapter, _ in told(book)] == [Chapter.OPENED, Chapter.CLOSED]


def test_an_ill_one_whose_operator_restarts_it_is_one_story() -> None:
    book = found()
    book.falls_silent(A)
    book.waits(12)
    book.dies(A)
    assert deeds(book)[-1] is Deed.AWAITED
    book.sees(Appeared(B, adopted=True), after=3)
    book.proves(B)
    assert [chapter for chapter, _ in told(book)] == [Chapter.OPENED, Chapter.CLOSED]


def test_a_stopped_one_gets_one_sigcont_and_nothing_more() -> None:
    book = found()
    actions = book.sees(Sampled(A, "T", {}))
    for _ in range(100):
        actions += book.sees(Sampled(A, "T", {}), after=1)
    assert [action for action in actions if isinstance(action, Signal)] == [Signal(A, 18)]
    assert deeds(book) == [Deed.CONTINUED, Deed.COLLECTED, Deed.LEFT]
    book.sees(Sampled(A, "S", {}), after=1)
    book.sees(Unanswered(A, Sign.PONG, "late"))
    book.proves(A)
    assert SERVER not in book.state.incidents.open


@pytest.mark.parametrize("stop", [StopAsked(leave=False), StopAsked(leave=True)])
def test_a_stop_of_the_sidecar_leaves_it(stop: StopAsked) -> None:
    book = found()
    assert kinds(book.sees(stop)) == ["Watch", "Finish"]
    assert isinstance(book.phase, Over)


def test_a_stop_while_nobody_is_there() -> None:
    book = found()
    book.dies(A)
    assert Finish() in book.sees(StopAsked(leave=False))


def test_what_would_be_a_restart_by_a_threshold_is_told() -> None:
    book = found()
    book.wall += (QUIET - book.wall) % 86400
    leaked = Counted(A, {Measure.TIMERS: 1500.0})
    book.sees(leaked)
    assert book.state.findings[Trouble.THREADS_MANY].act is Act.TELL
    assert not {"Start", "Signal", "Collect"} & set(kinds(book.waits(3000)))
    assert [incident.topic for _, incident in told(book)] == [Trouble.THREADS_MANY]


def test_who_was_replaced_in_a_pause_is_no_news_after_it() -> None:
    book = found()
    book.sees(PauseAsked(book.wall + 600, "upgrade", "maria"))
    book.dies(A)
    assert Watch(B) in book.sees(Appeared(B, adopted=True), after=20)
    assert kinds(book.sees(ResumeAsked(), after=20)) == []
    book.proves(B)
    assert told(book) == []
    assert isinstance(book.phase, Settled)


def test_who_is_away_at_the_end_of_a_pause_is() -> None:
    book = found()
    book.sees(PauseAsked(book.wall + 600, "upgrade", "maria"))
    book.dies(A)
    book.sees(Absent(WHY), after=1)
    assert told(book) == []
    book.sees(ResumeAsked(), after=20)
    assert [cause.trouble for cause in told(book)[0][1].causes] == [Trouble.EXITED, Trouble.NOT_FOUND]


def test_a_rule_s_note_stays_a_note() -> None:
    book = found()
    for _ in range(12):
        book.sees(Sampled(A, "S", {Measure.FDS: 75.0, Measure.FDS_LIMIT: 100.0}), after=1)
    assert book.state.findings[Trouble.FDS_HIGH].act is Act.NOTE


def test_what_a_rule_would_restart_for_is_told() -> None:
    book = found()
    for _ in range(62):
        book.sees(Sampled(A, "S", {Measure.THREADS: 4001.0}), after=1)
    assert book.state.findings[Trouble.THREADS_SPENT].act is Act.TELL


def test_the_story_says_who_came_back() -> None:
    book = found()
    book.dies(A)
    book.sees(Appeared(B, adopted=True), after=5)
    done = book.state.incidents.open[SERVER].done
    assert [(one.deed, one.pid) for one in done] == [(Deed.AWAITED, None), (Deed.ADOPTED, B.pid)]


def test_one_lost_from_sight_does_not_hide_the_next_one_s_end() -> None:
    book = found()
    book.dies(A)
    book.sees(Appeared(B, adopted=True))
    book.proves(B)
    book.sees(Absent(WHY, alive=B))
    book.sees(Appeared(C, adopted=True))
    book.proves(C)
    book.dies(C)
    assert [cause.pid for cause in book.state.incidents.open[SERVER].causes] == [C.pid]
