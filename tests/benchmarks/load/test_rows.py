from __future__ import annotations

from dataclasses import replace

from benchmarks.load import table
from benchmarks.load.rows import MEASURED, RECORDING, Work, middle, row, rows
from benchmarks.load.trace import Figures
from benchmarks.load.turn import Turn

CONNECTS = Work(1, "connects", "s", 3, 3, times_c=True)


def test_the_median_is_of_what_is_known() -> None:
    assert middle([3, None, 1, 2]) == 2
    assert middle([None]) is None
    assert middle([]) is None


def test_a_ratio_to_c_is_judged_where_the_goal_is_one() -> None:
    found = row(CONNECTS, {"ours": [0.5, 0.4, 0.6], "c": [0.2, 0.1, 0.25], "k6": [1.3]})
    assert (found.ours, found.c, found.ratio) == (0.5, 0.2, 2.5)
    assert found.peers == {"k6": 1.3}
    assert found.goal == "≤ 3 x C"
    assert found.met is True
    assert row(CONNECTS, {"ours": [0.61], "c": [0.2]}).met is False
    assert found.runs["ours"] == [0.5, 0.4, 0.6]


def test_the_figure_itself_is_judged_otherwise() -> None:
    found = row(RECORDING, {"ours": [0.15], "hdrhistogram": [1.2]})
    assert (found.ratio, found.goal, found.met) == (None, "≤ 0.15 µs", True)


def test_what_is_unknown_is_neither_met_nor_missed() -> None:
    for values in ({"c": [0.2]}, {"ours": [None], "c": [0.2]}, {"ours": [0.5]}, {"ours": [0.5], "c": [0.0]}):
        found = row(CONNECTS, values)
        assert found.ratio is None
        assert found.met is None


def test_a_row_without_a_goal_is_told_and_not_judged() -> None:
    found = row(replace(CONNECTS, limit=None), {"ours": [0.5], "c": [0.2]})
    assert (found.goal, found.met) == (None, None)


def test_rows_are_of_the_jobs_that_were_done_and_the_numbers_asked_for() -> None:
    turn = Turn(Figures(connect_cpu=0.5), {"send_lag_ms": {"p99": 0.4}})
    found = rows({"echo": {"ours": [turn, turn]}}, [1, 4])
    assert [(one.number, one.ours) for one in found] == [(1, 0.5), (1, None), (4, 0.4)]


def test_a_connection_adds_what_is_more_than_with_one() -> None:
    held, alone = Turn(Figures(held_rss=60.0)), Turn(Figures(held_rss=50.0))
    (each,) = [
        one for one in rows({"echo": {"ours": [held]}, "one": {"ours": [alone]}}, [3]) if one.unit == "KiB"
    ]
    assert each.ours is not None
    assert round(each.ours, 3) == round(10 * 1024 / 4999, 3)
    (each,) = [one for one in rows({"echo": {"ours": [held]}, "one": {}}, [3]) if one.unit == "KiB"]
    assert each.ours is None


def test_every_row_of_the_goals_is_there() -> None:
    assert {one.work.number for one in MEASURED} == {1, 2, 3, 4, 6, 7}


def test_the_tables_say_what_is_missed_and_what_is_unknown() -> None:
    some = [
        row(CONNECTS, {"ours": [0.7], "c": [0.2], "k6": [1.3]}),
        row(RECORDING, {"ours": [0.08], "k6": [None], "hdrhistogram": [1.2]}),
        row(RECORDING, {"ours": [None]}),
    ]
    assert table.markdown(some, ["k6"], "2 cores", "2026-11-27").splitlines() == [
        "2026-11-27, 2 cores; medians.",
        "",
        "| work | ours | C | ratio | goal | k6 |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| connects, s | 0.700 | 0.200 | 3.50 x | ≤ 3 x C: missed | 1.300 |",
        "| recording one sample, µs (hdrhistogram 1.200) | 0.080 | - | - | ≤ 0.15 µs: met | - |",
        "| recording one sample, µs | - | - | - | ≤ 0.15 µs: unknown | - |",
    ]
    lines = table.plain(some, ["k6"]).splitlines()
    assert len(lines) == 4
    assert all("≤" in line for line in lines[1:])
