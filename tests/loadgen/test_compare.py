from __future__ import annotations

import msgspec
import pytest

from loadgen.cli.sides import sides
from loadgen.compare import CHANCE, Row, compare, unlike
from loadgen.record import Record
from support.loads import HERE, record, run, second

OLD = record(run(), [second(1.0, (0.1,) * 4)])
NEW = record(run(seed=2), [second(1.0, (0.2,) * 2)])


def row(name: str) -> Row:
    (found,) = [one for one in compare(OLD, NEW).rows if one.name == name]
    return found


def test_figures_stand_side_by_side_with_their_ratio():
    assert (row("list answered").old, row("list answered").new, row("list answered").ratio) == (4, 2, 0.5)
    assert row("list response max") == Row("list response max", 100.0, 200.0, "ms")
    assert row("list response max").ratio == 2.0


def test_one_run_each_says_nothing_of_chance_and_another_seed_is_told():
    assert compare(OLD, NEW).notes == (CHANCE, "seed: 1 → 2, so the schedule is another")
    assert unlike(OLD, NEW) == []


@pytest.mark.parametrize(("old", "new"), [(None, 1.0), (1.0, None), (0.0, 1.0)])
def test_a_ratio_that_nobody_can_know_is_unknown(old: float | None, new: float | None):
    assert Row("x", old, new).ratio is None


def of(other: Record, **environment: object) -> Record:
    here = msgspec.structs.replace(HERE, **environment)
    return Record(msgspec.structs.replace(other.run, environment=here), other.seconds, other.summary)


def test_another_plan_or_machine_is_told():
    other = record(run(rate=9.0, clients=5), [])
    assert unlike(OLD, other) == ["their plans differ in clients, stages"]
    assert unlike(OLD, of(OLD, host="there", cores=4)) == ["their machines differ in host, cores"]
    unknown = Record(msgspec.structs.replace(OLD.run, environment=None), OLD.seconds, OLD.summary)
    assert unlike(OLD, unknown) == ["of one of them the machine is unknown"]


def test_another_kernel_or_python_is_no_other_machine_but_told():
    newer = of(OLD, python="CPython 3.13")
    assert unlike(OLD, newer) == []
    assert "python: CPython 3.11 → CPython 3.13" in compare(OLD, newer).notes


def test_an_operation_or_error_that_only_one_has_is_shown():
    bare = record(run(), [])
    rows = {one.name: one for one in compare(bare, OLD).rows}
    assert (rows["list answered"].old, rows["list answered"].new) == (None, 4)
    wrong = second(1.0)
    wrong.tally.error("odd", 3)
    rows = {one.name: one for one in compare(bare, record(run(), [wrong])).rows}
    assert (rows["error: odd"].old, rows["error: odd"].new) == (0, 3)


def test_people_read_it_in_columns():
    lines = sides(compare(OLD, NEW, ["their plans differ in rate"])).splitlines()
    assert lines[0].split() == ["old", "new", "new", "/", "old"]
    assert lines[1].split() == ["verdict", "PASS", "PASS"]
    assert any(
        line.split() == ["list", "response", "max", "100.00", "ms", "200.00", "ms", "2.00"] for line in lines
    )
    assert lines[-3:-1] == [CHANCE, "their plans differ in rate"]
