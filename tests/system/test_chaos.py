"""Twelve of the runs of ``make chaos``, and how they are counted."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from chaos.__main__ import chaos, chosen, table
from chaos.count import Counts, Told, added, counted, stories
from chaos.plan import Lack, Lane

LANES, RUNS = 6, 2
OPENED, CLOSED = Told("DOWN", "1-5-opened"), Told("RECOVERED", "1-5-closed")
ANEW = [Told("DOWN", "1-9-opened"), Told("RECOVERED", "1-9-closed")]
AGAIN = [Told("DOWN AGAIN OR STILL", "1-9-again"), Told("RECOVERED", "1-9-closed")]


async def test_whoever_is_killed_in_an_outage_it_is_told_and_so_is_its_end(tmp_path: Path) -> None:
    lines: list[str] = []
    found = await chaos(chosen(LANES), RUNS, tmp_path, lines.append)
    counts, said = added(list(found.values())), "\n".join(lines)
    assert counts.runs == LANES * RUNS, said
    assert counts.lost == 0, said


@pytest.mark.parametrize(
    ("mails", "alerts", "recoveries", "twice"),
    [
        ([OPENED, CLOSED], 0, 0, 0),
        ([OPENED, OPENED, CLOSED, CLOSED, CLOSED], 0, 0, 3),
        ([OPENED], 0, 1, 0),
        ([CLOSED], 1, 0, 0),
        ([], 1, 1, 0),
        ([CLOSED, OPENED], 0, 1, 0),
        ([OPENED, *ANEW], 0, 0, 0),
        ([OPENED, CLOSED, *ANEW[:1]], 0, 1, 0),
        ([OPENED, CLOSED, *AGAIN], 0, 0, 0),
        ([OPENED, CLOSED, *AGAIN[:1]], 0, 1, 0),
        ([Told("DISK LOW", "2-5-opened"), OPENED, CLOSED], 0, 0, 0),
    ],
)
def test_what_is_lost(mails: list[Told], alerts: int, recoveries: int, twice: int) -> None:
    assert counted(mails) == Counts(1, alerts, recoveries, twice)


def test_stories_are_told_apart_by_their_numbers() -> None:
    assert stories([Told("DISK LOW", "2-5-opened"), OPENED, CLOSED]) == 1
    assert stories([OPENED, *ANEW]) == 2


def test_a_seed_does_the_same_again_and_lanes_of_every_kind_take_turns() -> None:
    assert list(islice(Lane(8).runs(), 20)) == list(islice(Lane(8).runs(), 20))
    assert {Lane(seed).lack for seed in range(4)} == set(Lack)


def test_the_table_ends_with_all_of_it() -> None:
    lines = table({Lack.NOTHING: Counts(3, 0, 1, 2), Lack.DISK: Counts(4, 1, 0, 1)}).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["nothing", "3", "0", "1", "2"],
        ["disk", "4", "1", "0", "1"],
        ["all", "7", "1", "1", "3"],
    ]
