"""The tasks that a server may still make: of several limits the one that it is nearest to counts."""

from __future__ import annotations

import pytest

from fermatkit.measures import MACHINE, Measure, Reading, Unknown
from sidecar.core.actions import Collect
from sidecar.core.facts import Facts
from sidecar.core.findings import Wrong, find
from sidecar.core.nouns import Act, Finding, Identity, Trouble
from sidecar.core.observations import Appeared, Counted, HostSampled, Restored, Sampled
from sidecar.core.policy import Policy
from sidecar.core.rules import DEFAULTS, METRICS, Rule
from sidecar.core.stories import SERVER, Chapter
from support.playbook import Playbook

M = Measure
A = Identity(100, 1)
NONE = Unknown("no limit is set")
LIMITS = [
    (M.UNIT_TASKS, M.UNIT_TASKS_LIMIT),
    (M.SLICE_TASKS, M.SLICE_TASKS_LIMIT),
    (M.USER_TASKS, M.USER_TASKS_LIMIT),
    (M.MACHINE_TASKS, M.MACHINE_TASKS_LIMIT),
]
FREE: dict[Measure, Reading] = dict.fromkeys((one for pair in LIMITS for one in pair), NONE)
OF_THE_SERVER = {measure: one for measure, one in FREE.items() if measure not in MACHINE}
METRIC = METRICS[Trouble.TASKS_SPENT]
by_limit = pytest.mark.parametrize(("tasks", "limit"), LIMITS)


@by_limit
def test_each_limit_counts(tasks: Measure, limit: Measure) -> None:
    assert METRIC.highest({**FREE, tasks: 90.0, limit: 100.0}) == (0.9, tasks)
    others = {one: number for pair in LIMITS for one, number in zip(pair, (7.0, 10.0), strict=True)}
    assert METRIC.highest({**others, tasks: 71.0, limit: 100.0}) == (0.71, tasks)
    assert METRIC.highest({**others, tasks: 69.0, limit: 100.0})[0] == 0.7


@by_limit
def test_all_of_them_have_to_be_looked_at_first(tasks: Measure, limit: Measure) -> None:
    """What an earlier sidecar found is not over because the first look is at something else."""
    assert METRIC.highest({**FREE, tasks: 90.0, limit: 100.0})[0] is not None
    full = {one: 7.0 for pair in LIMITS for one in pair}
    del full[tasks]
    assert METRIC.highest(full) == (None, M.UNIT_TASKS)


def test_without_any_limit_nothing_is_known() -> None:
    assert METRIC.highest(FREE) == (None, M.UNIT_TASKS)
    assert METRIC.value(FREE) is None


def found(readings: dict[Measure, Reading], rule: Rule = DEFAULTS[Trouble.TASKS_SPENT]) -> Finding:
    every = {**FREE, **readings}
    facts = Facts(at=100.0, wall=43200.0, known=True, identity=A, readings=every, fresh=frozenset(every))
    policy = Policy(rules={Trouble.TASKS_SPENT: rule})
    return find(Wrong({}, {Trouble.TASKS_SPENT: 1.0}), facts, policy).findings[Trouble.TASKS_SPENT]


@by_limit
@pytest.mark.parametrize(
    ("own", "act"), [(50.0, Act.RESTART), (49.0, Act.TELL), (Unknown("gone"), Act.TELL), (None, Act.TELL)]
)
def test_it_is_restarted_only_if_half_of_them_are_its_own(
    tasks: Measure, limit: Measure, own: Reading | None, act: Act
) -> None:
    threads: dict[Measure, Reading] = {} if own is None else {M.THREADS: own}
    finding = found({tasks: 100.0, limit: 100.0, **threads})
    assert (finding.act, finding.reading, finding.measure) == (act, 1.0, tasks)


@pytest.mark.parametrize(
    ("wanted", "own", "act"),
    [
        (Act.PLAN, 50.0, Act.PLAN),
        (Act.PLAN, 49.0, Act.TELL),
        (Act.NOTE, 49.0, Act.NOTE),
        (Act.HOLD, 49.0, Act.HOLD),
    ],
)
def test_what_is_no_restart_is_done_whoever_has_them(wanted: Act, own: float, act: Act) -> None:
    rule = Rule(0.99, 0.95, wanted)
    assert found({M.USER_TASKS: 100.0, M.USER_TASKS_LIMIT: 100.0, M.THREADS: own}, rule).act is act


def unit(number: float, threads: float = 900.0) -> list[Counted | Sampled]:
    readings = {M.UNIT_TASKS: number, M.UNIT_TASKS_LIMIT: 1000.0}
    return [Sampled(A, "S", {M.THREADS: threads}), Counted(A, {**OF_THE_SERVER, **readings})]


def looks(book: Playbook, seconds: int, number: float, threads: float = 900.0) -> list[object]:
    actions: list[object] = []
    for _ in range(seconds):
        for what in unit(number, threads):
            actions += book.sees(what, after=0.5)
    return actions


def booted() -> Playbook:
    book = Playbook()
    book.boots(A)
    book.sees(HostSampled({M.MACHINE_TASKS: 1000.0, M.MACHINE_TASKS_LIMIT: 32768.0}))
    return book


def test_near_the_limit_it_is_told_and_at_the_limit_it_is_restarted() -> None:
    book = booted()
    looks(book, 20, 860)
    assert [*book.state.incidents.open] == [Trouble.TASK_LIMIT]
    (cause,) = book.state.incidents.open[Trouble.TASK_LIMIT].causes
    assert (cause.reading, cause.measure) == (0.86, M.UNIT_TASKS)
    actions = looks(book, 65, 1000)
    assert Collect(A, Trouble.TASKS_SPENT) in actions
    assert book.state.incidents.open[SERVER].causes[0].measure is M.UNIT_TASKS


def test_where_others_have_them_people_are_told_and_nobody_is_ended() -> None:
    book = booted()
    actions = looks(book, 65, 1000, threads=30)
    assert not {"Collect", "Signal"} & {type(action).__name__ for action in actions}
    assert {Trouble.TASK_LIMIT, Trouble.TASKS_SPENT} == book.state.incidents.open.keys()


def test_it_outlives_the_sidecar_until_all_has_been_looked_at() -> None:
    book = booted()
    looks(book, 20, 860)
    heir = Playbook(at=2000.0)
    heir.sees(Restored(book.state.keeper.memory, seed=1))
    heir.sees(Appeared(A, adopted=True))
    heir.proves(A)
    assert heir.state.findings[Trouble.TASK_LIMIT].measure is M.UNIT_TASKS
    heir.sees(HostSampled({M.MACHINE_TASKS: 1000.0, M.MACHINE_TASKS_LIMIT: 32768.0}))
    assert Trouble.TASK_LIMIT in heir.state.findings
    heir.sees(unit(860)[1])
    assert Trouble.TASK_LIMIT in heir.state.findings
    heir.sees(unit(790)[1])
    assert Trouble.TASK_LIMIT not in heir.state.findings
    (closed,) = [one.owed.message for one in heir.state.outbox.entries][-1:]
    assert closed.chapter is Chapter.CLOSED


def test_a_limit_that_is_lifted_ends_it() -> None:
    """By `systemctl set-property TasksMax=infinity`, while the server runs."""
    book = booted()
    looks(book, 20, 860)
    book.sees(Counted(A, {**OF_THE_SERVER, M.UNIT_TASKS: 860.0}))
    assert Trouble.TASK_LIMIT not in book.state.findings
