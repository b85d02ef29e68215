"""Stage 2, what is wrong: a table of rules, each from facts to a finding or to none."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fermatkit.measures import Measure, Unknown
from sidecar.core.facts import Facts, Wanted
from sidecar.core.nouns import Finding, Severity, Sign, Trouble
from sidecar.core.policy import Policy

Rule = Callable[[Facts, Policy, Finding | None], Finding | None]
"""The third argument: the same finding as it was a moment ago (for hysteresis)."""


def _exited(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    if facts.identity is not None or facts.exit is None or facts.start_error is not None:
        return None
    return Finding(Trouble.EXITED, Severity.FAIL, facts.exit.at, ended=facts.exit.ended)


def _start_failed(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    if facts.start_error is None:
        return None
    return Finding(Trouble.START_FAILED, Severity.FAIL, facts.at, why=facts.start_error)


def _deaf(facts: Facts, policy: Policy, _: Finding | None) -> Finding | None:
    """Grace after a start ends with the first proof; a session lost later is told by the signs of life."""
    since = facts.appeared_at + policy.start_timeout
    if facts.identity is None or facts.proven or facts.at < since:
        return None
    return Finding(Trouble.DEAF, Severity.FAIL, since, why=facts.owner_why)


def _stopped(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    if facts.stopped_since is None:
        return None
    return Finding(Trouble.STOPPED, Severity.FAIL, facts.stopped_since)


def _hung(facts: Facts, policy: Policy, _: Finding | None) -> Finding | None:
    since = _since(facts, Sign.PONG, Sign.HTTP)
    if since is None or not facts.proven or facts.at < since + policy.hung_after:
        return None
    return Finding(
        Trouble.HUNG, Severity.FAIL, since, signs=(Sign.PONG, Sign.HTTP), why=facts.sign(Sign.PONG).why
    )


def _stuck(facts: Facts, policy: Policy, _: Finding | None) -> Finding | None:
    since = _since(facts, Sign.LIST)
    if since is None or not facts.proven or facts.at < since + policy.stuck_after:
        return None
    return Finding(Trouble.STUCK, Severity.FAIL, since, signs=(Sign.LIST,), why=facts.sign(Sign.LIST).why)


def _silent(facts: Facts, _: Policy, __: Finding | None) -> Finding | None:
    missing = facts.missing
    if not missing or not facts.proven:
        return None
    since = min(facts.sign(sign).bad_since or facts.at for sign in missing)
    both = Sign.PONG in missing and Sign.HTTP in missing
    severity = Severity.FAIL if both else Severity.WARN
    return Finding(Trouble.SILENT, severity, since, signs=missing, why=facts.sign(missing[0]).why)


def _disk_low(facts: Facts, policy: Policy, before: Finding | None) -> Finding | None:
    free = facts.sampled.readings.get(Measure.DISK_FREE) if facts.sampled else None
    if free is None or isinstance(free, Unknown):
        return before  # not knowing is no proof that the disk is well again
    if free >= (policy.disk_clear if before else policy.disk_low):
        return None
    severity = Severity.FAIL if free < policy.disk_full else Severity.WARN
    return Finding(Trouble.DISK_LOW, severity, facts.sampled_at, reading=free)


def _since(facts: Facts, *signs: Sign) -> float | None:
    """Since when all of these have been missing, or None."""
    times = [facts.sign(sign).bad_since for sign in signs]
    bad = [time for time in times if time is not None]
    return max(bad) if len(bad) == len(times) else None


RULES: dict[Trouble, Rule] = {
    Trouble.EXITED: _exited,
    Trouble.START_FAILED: _start_failed,
    Trouble.DEAF: _deaf,
    Trouble.STOPPED: _stopped,
    Trouble.HUNG: _hung,
    Trouble.STUCK: _stuck,
    Trouble.SILENT: _silent,
    Trouble.DISK_LOW: _disk_low,
}

Findings = dict[Trouble, Finding]


def find(before: Findings, facts: Facts, policy: Policy) -> Findings:
    """What is wrong now; a finding that lasts keeps the moment it was first seen."""
    if facts.wanted is not Wanted.RUNNING or not facts.known:
        return {}
    now: Findings = {}
    for trouble, rule in RULES.items():
        old = before.get(trouble)
        finding = rule(facts, policy, old)
        if finding is not None:
            now[trouble] = msgspec.structs.replace(finding, since=old.since) if old else finding
    return now


def next_change(facts: Facts, policy: Policy) -> list[float]:
    """The moments at which time alone may bring a finding."""
    moments = []
    if facts.identity is not None and not facts.proven:
        moments.append(facts.appeared_at + policy.start_timeout)
    hung, stuck = _since(facts, Sign.PONG, Sign.HTTP), _since(facts, Sign.LIST)
    if hung is not None:
        moments.append(hung + policy.hung_after)
    if stuck is not None:
        moments.append(stuck + policy.stuck_after)
    return moments
