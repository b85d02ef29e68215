"""With nothing configured: where each rule begins and ends, after how long, and what follows."""

from __future__ import annotations

import math

import pytest

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.facts import Facts
from sidecar.core.findings import Wrong, find, next_change
from sidecar.core.nouns import Act, Identity, Severity, Trouble
from sidecar.core.policy import Policy

M = Measure
A = Identity(100, 1)
NOON = 1_800_014_400.0 - 1_800_014_400.0 % 86400 + 43200.0
"""Epoch seconds: far from the quiet window."""
WARN, FAIL = Severity.WARN, Severity.FAIL
GIB, MIB = 1_073_741_824.0, 1_048_576.0
HOUR = 3600.0

Row = tuple[Trouble, Measure, float, float, float, Act, Severity]
RULES: list[Row] = [
    # of what, begins beyond, ends at, seconds
    (Trouble.DISK_LOW, M.DISK_FREE, GIB, 1.25 * GIB, 0, Act.TELL, WARN),
    (Trouble.DISK_FULL, M.DISK_FREE, 200 * MIB, 250 * MIB, 0, Act.NOTE, FAIL),
    (Trouble.DISK_FILLING, M.DISK_FULL_IN, 24 * HOUR, 36 * HOUR, 60, Act.TELL, WARN),
    (Trouble.INODES_LOW, M.INODES_FREE, 5, 7, 0, Act.TELL, WARN),
    (Trouble.LOG_LOSS, M.DISK_FREE, MIB, 10 * MIB, 0, Act.TELL, WARN),
    (Trouble.FDS_HIGH, M.FDS, 700, 650, 10, Act.NOTE, WARN),
    (Trouble.FD_LIMIT, M.FDS, 850, 800, 10, Act.TELL, WARN),
    (Trouble.FDS_SPENT, M.FDS, 990, 950, 300, Act.RESTART, FAIL),
    (Trouble.THREAD_LEAK, M.TIMERS_RISE, 120, 60, 60, Act.TELL, WARN),
    (Trouble.THREADS_MANY, M.TIMERS, 1000, 800, 0, Act.PLAN, WARN),
    (Trouble.THREADS_SPENT, M.THREADS, 4000, 3500, 60, Act.RESTART, FAIL),
    (Trouble.TASK_LIMIT, M.UNIT_TASKS, 850, 800, 10, Act.TELL, WARN),
    (Trouble.TASKS_SPENT, M.UNIT_TASKS, 990, 950, 60, Act.RESTART, FAIL),
    (Trouble.ACCEPT_QUEUE, M.ACCEPT_QUEUE, 950, 500, 10, Act.TELL, WARN),
    (Trouble.CLOSE_WAIT, M.CLOSE_WAIT, 100, 50, 120, Act.PLAN, WARN),
    (Trouble.ZOMBIES, M.UNACCOUNTED, 100, 50, 180, Act.PLAN, WARN),
    (Trouble.OOM_KILLED, M.UNIT_OOM_KILLS_RECENT, 0.5, 0, 10, Act.TELL, WARN),
    (Trouble.HOST_MEMORY, M.MEMORY_AVAILABLE_SHARE, 5, 8, 30, Act.HOLD, WARN),
    (Trouble.HOST_SWAP, M.SWAP_IN, 4 * MIB, MIB, 30, Act.HOLD, WARN),
    (Trouble.HOST_PRESSURE, M.MEMORY_FULL, 20, 10, 30, Act.HOLD, WARN),
    (Trouble.HOST_STEAL, M.STEAL, 30, 15, 60, Act.HOLD, WARN),
    (Trouble.HOST_LOAD, M.LOAD, 8, 4, 300, Act.HOLD, WARN),
]
by_rule = pytest.mark.parametrize(
    ("trouble", "measure", "begin", "end", "seconds", "act", "severity"), RULES, ids=[row[0] for row in RULES]
)


def facts(measure: Measure, value: float, at: float = 1000.0) -> Facts:
    """A server about which this is known, with a thousand of all that is counted against a limit."""
    readings: dict[Measure, Reading] = {
        **dict.fromkeys((M.SLICE_TASKS, M.USER_TASKS, M.MACHINE_TASKS), Unknown("no limit is set")),
        **dict.fromkeys((M.FDS_LIMIT, M.ACCEPT_LIMIT, M.UNIT_TASKS_LIMIT, M.THREADS), 1000.0),
        measure: value,
    }
    return Facts(at=at, wall=NOON + at, known=True, identity=A, readings=readings, fresh=frozenset(readings))


@by_rule
def test_a_rule_begins_beyond_its_threshold_and_after_its_time(
    trouble: Trouble, measure: Measure, begin: float, end: float, seconds: float, act: Act, severity: Severity
) -> None:
    beyond = math.nextafter(begin, 2 * begin - end)
    assert trouble not in find(Wrong(), facts(measure, begin), Policy()).crossed
    wrong = find(Wrong(), facts(measure, beyond), Policy())
    assert 1000.0 + seconds in next_change(wrong, facts(measure, beyond), Policy())
    if seconds:
        earlier = facts(measure, beyond, 1000.0 + seconds - 0.1)
        assert trouble not in find(wrong, earlier, Policy()).findings
    finding = find(wrong, facts(measure, beyond, 1000.0 + seconds), Policy()).findings[trouble]
    assert (finding.since, finding.act, finding.severity) == (1000.0, act, severity)


@by_rule
def test_it_ends_only_at_another_line(
    trouble: Trouble, measure: Measure, begin: float, end: float, seconds: float, act: Act, severity: Severity
) -> None:
    del act, severity
    far = end + 3 * (begin - end)
    bad = find(find(Wrong(), facts(measure, far), Policy()), facts(measure, far, 1000.0 + seconds), Policy())
    lasts = find(bad, facts(measure, math.nextafter(end, begin), 2000.0), Policy())
    assert lasts.findings[trouble].since == 1000.0
    assert trouble not in find(bad, facts(measure, end, 2000.0), Policy()).findings
