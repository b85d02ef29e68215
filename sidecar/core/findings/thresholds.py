"""Readings beyond their thresholds, for long enough: the rules of `sidecar.core.rules`, applied."""

from __future__ import annotations

from fermatkit.measures import MACHINE, Eater, Measure
from sidecar.core.facts import Facts
from sidecar.core.nouns import Act, Finding, Trouble
from sidecar.core.policy import Policy
from sidecar.core.rules import LOOKS_AT, METRICS, Rule

MEMORY = {Trouble.HOST_MEMORY, Trouble.HOST_SWAP, Trouble.HOST_PRESSURE}
"""What somebody's hunger for memory explains."""
TASKS = {Measure.UNIT_TASKS, Measure.SLICE_TASKS, Measure.USER_TASKS, Measure.MACHINE_TASKS}
"""What the server may share with others."""
Crossed = dict[Trouble, float]
"""Since when each rule's value has been beyond: monotonic seconds, less the times in which nobody looked."""


def cross(before: Crossed, found: frozenset[Trouble], facts: Facts, policy: Policy) -> Crossed:
    """Who is beyond now. Not knowing changes nothing: it is no proof of better or worse.

    But of a process that has ended nothing is so any more, and the next is another.
    """
    now: Crossed = {}
    runs, fresh, loaded = facts.identity is not None, facts.fresh, facts.load is not None
    for trouble, rule in policy.rules.items():
        since = before.get(trouble)
        if since is None and fresh.isdisjoint(LOOKS_AT[trouble]):
            continue  # nearly always: each rule is asked at each observation
        metric = METRICS[trouble]
        if not runs and metric.measure not in MACHINE:
            continue
        value = metric.value(facts.readings)
        bad = (
            since is not None if value is None else rule.beyond(value, found=trouble in found, loaded=loaded)
        )
        if bad:
            now[trouble] = facts.at if since is None else since + facts.away
    return now


def judge(crossed: Crossed, found: frozenset[Trouble], facts: Facts, policy: Policy) -> list[Finding]:
    """What has been beyond for long enough."""
    findings = []
    for trouble, since in crossed.items():
        rule = policy.rules[trouble]
        if trouble in found or facts.at - since >= rule.last:
            findings.append(_finding(trouble, rule, since, facts))
    return findings


def _finding(trouble: Trouble, rule: Rule, since: float, facts: Facts) -> Finding:
    now, measure = METRICS[trouble].highest(facts.readings)
    eater = facts.eater if trouble in MEMORY else None
    act = _act(rule, measure, eater, facts) if now is not None else Act.NOTE  # not known: no ground to act
    return Finding(trouble, rule.severity, since, act, reading=now, eater=eater, measure=measure)


def _act(rule: Rule, measure: Measure, eater: Eater | None, facts: Facts) -> Act:
    """Where it is the server that has most of the memory, its restart frees it: that is not to be held.

    Where others have most of the tasks, it frees few: the next server could not make a thread, either.
    """
    itself = eater is not None and facts.identity is not None and eater.pid == facts.identity.pid
    held = itself and rule.act is Act.HOLD
    useless = rule.act in (Act.PLAN, Act.RESTART) and measure in TASKS and not _has_most(measure, facts)
    return Act.TELL if held or useless else rule.act


def _has_most(tasks: Measure, facts: Facts) -> bool:
    """Whether half of these tasks are the server's own: those of others its restart does not free."""
    own, every = facts.readings.get(Measure.THREADS), facts.readings[tasks]
    return isinstance(own, int | float) and isinstance(every, int | float) and own >= every / 2


def ripe(crossed: Crossed, policy: Policy) -> list[float]:
    """The moments at which time alone makes a finding of what is beyond."""
    return [since + policy.rules[trouble].last for trouble, since in crossed.items()]
