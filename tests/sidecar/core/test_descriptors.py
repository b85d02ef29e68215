"""A server without a descriptor left lets nobody new in, the sidecar neither: it heals when clients leave."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from fermatkit.measures import Measure
from sidecar.core.nouns import Act, Identity, Sign, Trouble
from sidecar.core.observations import Appeared, Counted, Listened, Restored, Sampled, SessionLost, Unanswered
from sidecar.core.policy import Policy
from sidecar.core.rules import DEFAULTS, Rule
from support.playbook import Playbook, kinds

A = Identity(100, 1)
Begin = Callable[..., Playbook]
FULL, NEARLY = 1000.0, 990.0


def adopted(policy: Policy | None = None) -> Playbook:
    """By a sidecar that cannot get in."""
    book = Playbook(policy)
    book.sees(Restored(None, seed=1))
    book.sees(Appeared(A, adopted=True, age=5000.0))
    book.sees(Listened(A, owned=True))
    return book


def held(policy: Policy | None = None) -> Playbook:
    """With a session."""
    book = Playbook(policy)
    book.boots(A)
    return book


def lost(policy: Policy | None = None) -> Playbook:
    """With a session that it has no longer."""
    book = held(policy)
    book.sees(SessionLost(A, "closed by the server: 1011"))
    return book


def looks(book: Playbook, seconds: int, used: float) -> list[str]:
    actions = []
    for _ in range(seconds):
        actions += book.sees(Sampled(A, "S", {Measure.FDS: used, Measure.FDS_LIMIT: 1000.0}), after=1)
        actions += book.sees(Unanswered(A, Sign.HTTP, "no answer within 1 s"))
    return kinds(actions)


@pytest.mark.parametrize(
    ("begin", "named"), [(adopted, Trouble.DEAF), (lost, Trouble.HUNG), (lost, Trouble.NOT_SERVING)]
)
def test_it_has_the_time_of_its_own_rule(begin: Begin, named: Trouble) -> None:
    book = begin()
    assert "Collect" not in looks(book, 299, FULL)
    assert book.state.findings[named].act is Act.NOTE
    assert "Collect" in looks(book, 3, FULL)


@pytest.mark.parametrize("begin", [adopted, lost])
@pytest.mark.parametrize("rule", [DEFAULTS[Trouble.FDS_SPENT], Rule(0.999, 0.95), None])
def test_with_a_descriptor_left_or_no_such_rule_it_is_as_ill_as_any(begin: Begin, rule: Rule | None) -> None:
    rules = {} if rule is None else {Trouble.FDS_SPENT: rule}
    own = rule is not None and rule.act is Act.RESTART
    assert "Collect" in looks(begin(Policy(rules=rules)), 15, NEARLY if own else FULL)


def test_when_clients_have_left_it_has_to_answer() -> None:
    book = lost()
    looks(book, 60, FULL)
    assert "Collect" in looks(book, 1, 500.0)


def test_no_quiet_hour_is_taken_for_it() -> None:
    book = held(Policy(quiet_from=0.0, quiet_to=86399.0))
    assert "Collect" not in looks(book, 299, FULL)
    assert book.state.findings[Trouble.HTTP_DEAD].act is Act.TELL
    assert "Collect" in looks(held(book.policy), 65, NEARLY)


def test_an_exhausted_heap_does_not_heal() -> None:
    book = lost(msgspec.structs.replace(Policy(), busy_after=12.0))
    looks(book, 1, FULL)
    for _ in range(6):
        book.sees(Counted(A, {Measure.GC: 100.0}))
        actions = looks(book, 5, FULL)
    assert book.state.findings[Trouble.HEAP_EXHAUSTED].act is Act.RESTART, actions
