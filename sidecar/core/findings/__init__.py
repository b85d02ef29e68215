"""Stage 2, what is wrong: judgements about the server, and readings beyond their thresholds."""

from __future__ import annotations

import msgspec

from sidecar.core.facts import Facts, Wanted
from sidecar.core.findings import server, thresholds
from sidecar.core.findings.thresholds import Crossed
from sidecar.core.memory import Memory
from sidecar.core.nouns import Act, Finding, Severity, Trouble
from sidecar.core.policy import Policy
from sidecar.core.rules import METRICS
from sidecar.core.stories import SERVER

Findings = dict[Trouble, Finding]


class Wrong(msgspec.Struct, frozen=True):
    """What is wrong, and what may soon be."""

    findings: Findings = {}
    crossed: Crossed = {}


def recall(memory: Memory | None, shift: float) -> Wrong:
    """The conditions open when an earlier sidecar ended; `shift`: the wall's clock less ours, seconds."""
    incidents = memory.incidents if memory else {}
    causes = [incident.causes[0] for topic, incident in incidents.items() if topic != SERVER]
    findings = {
        cause.trouble: Finding(
            cause.trouble,
            Severity.WARN,
            cause.wall - shift,
            Act.TELL,
            cause.signs,
            cause.why,
            reading=cause.reading,
            eater=cause.eater,
            measure=cause.measure,
        )
        for cause in causes
    }
    return Wrong(findings, {trouble: one.since for trouble, one in findings.items() if trouble in METRICS})


def find(before: Wrong, facts: Facts, policy: Policy) -> Wrong:
    """What is wrong now; a finding that lasts keeps the moment it was first seen."""
    if facts.wanted is not Wanted.RUNNING:
        return Wrong()
    if not facts.known:
        return before
    found = frozenset(before.findings)
    crossed = thresholds.cross(before.crossed, found, facts, policy)
    findings = [
        *server.judge(before.findings, facts, policy),
        *thresholds.judge(crossed, found, facts, policy),
    ]
    now: Findings = {}
    for finding in findings:
        old = before.findings.get(finding.trouble)
        since = old.since if old else finding.since
        act = _act(finding, facts, policy)
        now[finding.trouble] = msgspec.structs.replace(finding, since=since, act=act)
    return Wrong(now, crossed)


def _act(finding: Finding, facts: Facts, policy: Policy) -> Act:
    """What follows now: a planned restart when its time has come, under no load; who cannot restart tells."""
    act = finding.act
    planned = act is Act.PLAN
    if not policy.abilities.can_start:
        of_a_rule = act is Act.RESTART and finding.trouble in METRICS
        return Act.TELL if planned or of_a_rule else act
    due = planned and not facts.load and (policy.quiet(facts.wall) or facts.deserted(finding.since))
    return Act.RESTART if due else act


def next_change(wrong: Wrong, facts: Facts, policy: Policy) -> list[float]:
    """The moments at which time alone may bring a finding."""
    return server.ripe(facts, policy) + thresholds.ripe(wrong.crossed, policy)
