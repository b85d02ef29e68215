"""Which values a rule compares, and on which side of its line it lies."""

from __future__ import annotations

import math

import pytest

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.facts import Facts
from sidecar.core.findings import Wrong, find
from sidecar.core.nouns import Act, Identity, Trouble
from sidecar.core.observations import Sampled
from sidecar.core.phases import Settled
from sidecar.core.policy import Policy
from sidecar.core.rules import CONDITIONS, METRICS, Rule
from support.playbook import Playbook, kinds

A = Identity(100, 1)


@pytest.mark.parametrize(
    ("rule", "found", "bad", "good"),
    [
        (Rule(10.0, 20.0), False, 9.9, 10.0),
        (Rule(10.0, 20.0), True, 19.9, 20.0),
        (Rule(20.0, 10.0), False, 20.1, 20.0),
        (Rule(20.0, 10.0), True, 10.1, 10.0),
        (Rule(10.0, 10.0), False, 10.1, 10.0),  # one line for both: above it
        (Rule(10.0, 10.0), True, 10.1, 9.9),
    ],
)
def test_a_line_itself_is_well(rule: Rule, bad: float, good: float, *, found: bool) -> None:
    assert rule.beyond(bad, found=found)
    assert not rule.beyond(good, found=found)


@pytest.mark.parametrize("limit", [0.0, Unknown("no limit is set")])
def test_a_share_of_nothing_is_not_known(limit: Reading) -> None:
    metric = METRICS[Trouble.FD_LIMIT]
    assert metric.value({Measure.FDS: 7.0, Measure.FDS_LIMIT: limit}) is None
    assert metric.value({Measure.FDS: 7.0, Measure.FDS_LIMIT: 10.0}) == 0.7


def test_without_a_process_only_the_machine_is_judged() -> None:
    readings: dict[Measure, Reading] = {Measure.CLOSE_WAIT: 1e6, Measure.LOAD: 1e6}
    assert find(
        Wrong(), Facts(at=1.0, known=True, readings=readings, fresh=frozenset(readings)), Policy()
    ).crossed.keys() == {Trouble.HOST_LOAD}
    with_one = find(
        Wrong(), Facts(at=1.0, known=True, identity=A, readings=readings, fresh=frozenset(readings)), Policy()
    )
    assert with_one.crossed.keys() == {Trouble.HOST_LOAD, Trouble.CLOSE_WAIT}


def test_what_is_not_known_now_is_no_ground_to_act() -> None:
    full: dict[Measure, Reading] = {Measure.THREADS: 1e6}
    facts = Facts(at=100.0, known=True, identity=A, readings=full, fresh=frozenset(full))
    bad = find(Wrong({}, {Trouble.THREADS_SPENT: 1.0}), facts, Policy())
    assert bad.findings[Trouble.THREADS_SPENT].act is Act.RESTART
    unread: dict[Measure, Reading] = {Measure.THREADS: Unknown("permission denied")}
    gone = Facts(at=101.0, known=True, identity=A, readings=unread, fresh=frozenset(unread))
    unknown = find(bad, gone, Policy()).findings[Trouble.THREADS_SPENT]
    assert (unknown.act, unknown.reading, unknown.since) == (Act.NOTE, None, 1.0)


def test_the_server_s_own_findings_that_are_told_have_stories_too() -> None:
    assert CONDITIONS - METRICS.keys() == {
        Trouble.FLAPPING,
        Trouble.HTTP_DEAD,
        Trouble.BAD_CONFIG,
        Trouble.WRONG_PORT,
        Trouble.NO_SUPERVISOR,
        Trouble.WEAK_LIMIT,
        Trouble.CLIENTS_MISSING,
    }


def test_a_disk_that_never_fills_is_not_filling() -> None:
    readings: dict[Measure, Reading] = {Measure.DISK_FULL_IN: math.inf}
    assert (
        find(
            Wrong(),
            Facts(at=1.0, known=True, identity=A, readings=readings, fresh=frozenset(readings)),
            Policy(),
        ).crossed
        == {}
    )


def test_what_runs_is_not_continued_for_a_rule_and_a_step_comes_to_its_end() -> None:
    """From rung to rung it went, and round again, for ever; no configuration can say so, but a policy can."""
    rule = Rule(0.70, 0.65, Act.CONTINUE)
    book = Playbook(Policy(rules={Trouble.FDS_HIGH: rule}))
    book.boots(A)
    assert kinds(book.sees(Sampled(A, "S", {Measure.FDS: 750.0, Measure.FDS_LIMIT: 1000.0}))) == []
    assert isinstance(book.phase, Settled)
