"""What a drill came to, from what was seen of it: against the same counted by hand, and stories made up."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.drills.measure import SHARES, Seen, back, lost, measured, settled, there_before
from loadgen.drills.result import Alert, Drill, Objective
from loadgen.drills.stated import CRASH, HANG, Stated
from loadgen.results import Second
from loadgen.tally import Operation, Tally
from loadgen.watch.sidecar_api import Incident, Line, Past, Restart

BEGAN = 1_795_000_000.0
HARMED = 10.0


def seconds(registered: list[int], last: str = "holding") -> list[Second]:
    phases = [*["holding"] * (len(registered) - 1), last]
    return [
        Second(at=float(n), phase=phase, registered=there, tally=Tally())
        for n, (there, phase) in enumerate(zip(registered, phases, strict=True), 1)
    ]


def moment(after: float) -> datetime:
    return datetime.fromtimestamp(BEGAN + HARMED + after, UTC)


courses = st.lists(st.integers(0, 20), min_size=1, max_size=30)


@given(courses, st.integers(0, 25), st.integers(0, 30), st.integers(0, 100))
def test_clients_are_back_from_where_there_were_never_fewer(
    registered: list[int], before: int, harmed: int, share: int
) -> None:
    found = back(seconds(registered), harmed + 0.5, before, [share])[share]
    later = [(at, there) for at, there in enumerate(registered, 1) if at > harmed + 0.5]
    enough = [there >= before * share / 100 for _, there in later]
    if all(enough):
        assert found == 0
    elif not enough[-1]:
        assert found is None
    else:
        first = max(n for n, good in enumerate(enough) if not good) + 1
        assert found == later[first][0] - (harmed + 0.5)


@given(courses, st.integers(0, 25), st.integers(0, 30))
def test_more_of_them_take_longer(registered: list[int], before: int, harmed: int) -> None:
    found = back(seconds(registered), float(harmed), before, SHARES)
    moments = [inf if found[share] is None else found[share] for share in SHARES]
    assert moments == sorted(moments)
    assert (found[100] == 0) == (lost(seconds(registered), float(harmed), before) == 0)


def test_the_seconds_in_which_all_leave_are_not_a_loss() -> None:
    course = seconds([9, 9, 3, 9, 0], last="leaving")
    assert there_before(course, 2.5) == 9
    assert lost(course, 2.5, 9) == 6
    assert back(course, 2.5, 9, SHARES) == {50: 1.5, 95: 1.5, 100: 1.5}
    assert there_before(course, 0.5) == 0


def test_who_was_away_for_less_than_a_second_was_away() -> None:
    course = seconds([8, 8, 8, 8])
    course[2].tally.accounts[Operation.RECONNECT].answered = 6
    assert lost(course, 2.5, 8) == 6
    assert back(course, 2.5, 8, [20, 50, 100]) == {20: 0.0, 50: 0.5, 100: 0.5}


def story(*lines: tuple[float, str], opened: float, closed: float | None) -> Incident:
    return Incident(
        number=1,
        topic="server",
        name="SERVER",
        severity="fail",
        opened=moment(opened),
        closed=None if closed is None else moment(closed),
        brief="ill",
        story=[Line(moment(at), text) for at, text in lines],
        evidence=[],
    )


def hung(closed: float | None = 15.0, told: tuple[float, ...] = (14.0, 16.0)) -> Seen:
    titles = ("DOWN: Cloud Server", "RECOVERED: Cloud Server")
    return Seen(
        harmed=HARMED,
        began=BEGAN,
        pid=7,
        past=Past(
            [
                story(
                    (2.25, "The Cloud Server (pid 7) hangs"),
                    (12.5, "evidence gathered in /tmp"),
                    (12.75, "SIGTERM ordered for pid 7"),
                    (13.5, "restart ordered"),
                    opened=12.25,
                    closed=closed,
                )
            ],
            [
                Restart(moment(-9.0), None, 7),
                Restart(moment(13.75), "hangs", 8, None if closed is None else moment(closed)),
            ],
        ),
        alerts=(
            Alert(at=HARMED - 3, title="DOWN: before"),
            *(Alert(at=HARMED + at, title=title) for at, title in zip(told, titles, strict=False)),
        ),
        owners=((9.9, 7), (HARMED + 13.25, None), (HARMED + 14.5, 8)),
        evidence=("a/summary.json",),
    )


def test_every_moment_of_a_hang_is_found() -> None:
    tally = Tally()
    tally.accounts[Operation.LIST].lost = 5
    tally.accounts[Operation.LIST].duplicate = 1
    course = seconds([*[8] * 22, *[0] * 7, 4, 4, 8, 8])
    drill = measured("hang", "it hangs", HANG, course, tally, hung())
    assert drill == Drill(
        name="hang",
        harm="it hangs",
        passed=True,
        objectives=(
            Objective(name="noticed", within=3.0, took=2.25),
            Objective(name="acted on", within=21.0, least=10.0, took=12.75),
            Objective(name="proven again", within=81.0, took=15.0),
            Objective(name="somebody told", within=26.0, took=14.0),
            Objective(name="told that it is over", within=141.0, took=16.0),
            Objective(name="restarts", within=1, least=1, took=1.0),
            Objective(name="90 % of clients back", within=120.0, took=22.0),
        ),
        detected=2.25,
        acted=12.75,
        listening=14.5,
        proven=15.0,
        back=((50, 20.0), (95, 22.0), (100, 22.0)),
        clients=8,
        lost_messages=5,
        duplicated_messages=1,
        alerts=(
            Alert(at=14.0, title="DOWN: Cloud Server"),
            Alert(at=16.0, title="RECOVERED: Cloud Server"),
        ),
        evidence=("a/summary.json",),
    )
    assert settled(drill)


def test_what_did_not_happen_is_told_and_not_waited_for_in_vain() -> None:
    drill = measured("hang", "", HANG, seconds([8] * 12 + [0] * 4), Tally(), hung(None, (14.0,)))
    assert drill.passed is False
    assert drill.reasons == (
        "proven again: never, stated was at most 81",
        "told that it is over: never, stated was at most 141",
        "90 % of clients back: never, stated was at most 120",
    )
    assert not settled(drill)


def test_to_act_on_a_hang_too_soon_is_as_bad_as_too_late() -> None:
    early = Seen(
        harmed=HARMED,
        began=BEGAN,
        pid=7,
        past=Past([story((1.0, "hangs"), (2.0, "SIGTERM ordered"), opened=1.0, closed=3.0)], []),
    )
    drill = measured("hang", "", HANG, [], Tally(), early)
    assert "acted on: 2, stated was 10 to 21" in drill.reasons


@pytest.mark.parametrize(("looks", "proven"), [([True, True], None), ([True, None, None, False, True], 5.0)])
def test_without_an_incident_a_sidecar_that_was_away_is_waited_for(
    looks: list[bool | None], proven: float | None
) -> None:
    seen = Seen(
        harmed=HARMED,
        began=BEGAN,
        pid=7,
        looks=tuple((HARMED + n, look) for n, look in enumerate(looks, 1)),
    )
    stated = Stated(noticed=None, proven=15.0, restarts=0, clients_lost=0)
    drill = measured("sidecar-killed", "", stated, seconds([3] * 20), Tally(), seen)
    assert (drill.proven, drill.passed) == (proven, proven is not None)
    assert drill.back == ((50, 0.0), (95, 0.0), (100, 0.0))


def test_an_alarm_of_a_server_that_is_well_fails_it() -> None:
    seen = Seen(harmed=HARMED, began=BEGAN, pid=7, alerts=(Alert(at=HARMED + 1, title="DOWN"),))
    stated = Stated(noticed=None, restarts=0)
    assert measured("storm", "", stated, seconds([3] * 20), Tally(), seen).reasons == (
        "messages to people: 1, stated was at most 0",
    )


def test_what_proves_nothing_has_neither_passed_nor_failed() -> None:
    drill = measured("kill", "", CRASH, seconds([3] * 20), Tally(), hung(), ["the generator was late"])
    assert drill.passed is None
    assert drill.reasons[0] == "the generator was late"
