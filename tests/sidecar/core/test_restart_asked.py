"""An operator wants another server: by the ladder as for an ill one, and the story says whose wish it was."""

from __future__ import annotations

import pytest

from fermatkit.measures import Measure
from sidecar.core.actions import Signal
from sidecar.core.nouns import Ended, Identity, Trouble
from sidecar.core.observations import Appeared, HostSampled, PauseAsked, RestartAsked
from sidecar.core.phases import Stand
from sidecar.core.policy import Abilities, Policy
from sidecar.core.stories import SERVER, Deed
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)


def asked(policy: Policy | None = None) -> Playbook:
    book = Playbook(policy)
    book.boots(A)
    book.sees(RestartAsked(A, "new jar", "maria"), after=100)
    return book


def test_evidence_then_its_end_then_another_and_the_proof() -> None:
    book = Playbook()
    book.boots(A)
    did = [kind for kind in kinds(book.sees(RestartAsked(A, "new jar", "maria"))) if kind != "Explain"]
    assert did == ["Collect", "Signal", "Signal"]  # SIGTERM, and SIGCONT so that it is heard
    assert book.phase.stand is Stand.TERMINATING
    assert "Start" in kinds(book.dies(A, Ended(code=143)))
    book.sees(Appeared(B, adopted=False))
    book.proves(B)
    story = book.state.incidents.last[SERVER]
    assert story.causes[0].trouble is Trouble.RESTART_ASKED
    assert story.causes[0].why == "maria: new jar"
    assert {done.deed for done in story.done} >= {
        Deed.COLLECTED,
        Deed.TERMINATED,
        Deed.RESTARTED,
        Deed.STARTED,
    }
    assert book.state.findings == {}
    assert len(book.state.recovery.restarts) == 1


def test_who_does_not_end_is_killed() -> None:
    book = asked()
    ends = [action for action in book.waits(book.policy.term_deadline) if isinstance(action, Signal)]
    assert [end.signal for end in ends] == [9]


def test_of_another_process_it_says_nothing() -> None:
    book = Playbook()
    book.boots(A)
    assert kinds(book.sees(RestartAsked(B))) == []
    assert book.state.findings == {}


def test_an_ill_machine_hinders_other_restarts_and_not_this_one() -> None:
    book = Playbook()
    book.boots(A)
    for _ in range(30):
        book.sees(HostSampled({Measure.MEMORY_AVAILABLE_SHARE: 1.0}, None), after=5)
    assert Trouble.HOST_MEMORY in book.state.findings
    book.sees(RestartAsked(A))
    assert book.phase.stand is Stand.TERMINATING


def test_in_a_pause_it_waits() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(PauseAsked(book.wall + 60))
    assert "Signal" not in kinds(book.sees(RestartAsked(A)))
    assert "Signal" in kinds(book.waits(61))


@pytest.mark.parametrize("itself", [False, True])
def test_who_cannot_start_it_does_not_end_it(itself: bool) -> None:
    book = asked(Policy(abilities=Abilities(can_start=False, restarts_itself=itself)))
    assert book.phase.stand is not Stand.TERMINATING
