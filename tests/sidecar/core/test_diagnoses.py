"""Which of several failures that look alike it is."""

from __future__ import annotations

import math

import pytest

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.nouns import Act, Identity, Severity, Sign, Trouble
from sidecar.core.observations import (
    Absent,
    Answered,
    Appeared,
    ConfigRead,
    Counted,
    HostSampled,
    Listened,
    Registered,
    Restored,
    Sampled,
    SessionLost,
    Unanswered,
)
from sidecar.core.stories import SERVER, Chapter
from sidecar.core.trends import FEWEST, HOUR, KEPT, SPACING, Trend, derived, follow
from support.playbook import Playbook, kinds

A, B = Identity(100, 1), Identity(101, 2)
FILE = "/srv/configuration/server_conf.properties"


def told(book: Playbook) -> list[tuple[str, str]]:
    messages = [entry.owed.message for entry in book.state.outbox.entries]
    return [(message.incident.topic, message.chapter) for message in messages]


def collects(book: Playbook, seconds: int, percent: float, *signs: Sign) -> list[str]:
    """The garbage collector at work for so long, and these signs missing."""
    actions = []
    for second in range(seconds):
        for sign in signs:
            actions += book.sees(Unanswered(A, sign, "no answer"))
        if second % 5 == 0:
            actions += book.sees(Counted(A, {Measure.GC: percent}))
        actions += book.sees(Sampled(A, "S", {}), after=1)
    return kinds(actions)


def test_a_collecting_server_is_busy_and_held_for_a_minute_then_its_heap_is_exhausted() -> None:
    book = Playbook()
    book.boots(A)
    assert "Signal" not in collects(book, 59, 95.0, Sign.PONG, Sign.HTTP)
    assert Trouble.BUSY in book.state.findings
    assert Trouble.HUNG not in book.state.findings
    assert "Signal" in collects(book, 3, 95.0, Sign.PONG, Sign.HTTP)
    assert book.state.incidents.open[SERVER].causes[0].trouble is Trouble.HEAP_EXHAUSTED


def test_a_busy_server_that_answers_again_is_left_alone() -> None:
    book = Playbook()
    book.boots(A)
    collects(book, 40, 95.0, Sign.PONG, Sign.HTTP)
    for sign in (Sign.PONG, Sign.HTTP):
        book.sees(Answered(A, sign, 40.0))
    assert book.state.findings == {}
    assert told(book) == []
    collects(book, 15, 0.0, Sign.PONG, Sign.HTTP)
    assert Trouble.HUNG in book.state.findings, "the old collecting is forgotten"


def test_after_the_collecting_a_dead_http_means_an_exhausted_heap() -> None:
    book = Playbook()
    book.boots(A)
    collects(book, 30, 95.0, Sign.HTTP)
    assert Trouble.HEAP_EXHAUSTED not in book.state.findings
    assert "Signal" in collects(book, 40, 0.0, Sign.HTTP)
    assert book.state.incidents.open[SERVER].causes[0].trouble is Trouble.HEAP_EXHAUSTED


def test_an_unusable_configuration_is_told_before_anything_fails_for_it() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(ConfigRead(FILE, 9090, ""))
    assert book.state.findings == {}
    book.sees(ConfigRead(FILE, None, "empty"))
    (finding,) = book.state.findings.values()
    assert (finding.trouble, finding.severity, finding.act) == (Trouble.BAD_CONFIG, Severity.WARN, Act.TELL)
    assert finding.why == f"{FILE}: empty"
    book.dies(A)
    assert book.state.findings[Trouble.BAD_CONFIG].severity is Severity.FAIL
    book.sees(ConfigRead(FILE, 9090, ""))
    assert told(book) == [
        (Trouble.BAD_CONFIG, Chapter.OPENED),
        (SERVER, Chapter.OPENED),
        (Trouble.BAD_CONFIG, Chapter.CLOSED),
    ]


def test_a_missing_configuration_is_made_by_the_server() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(ConfigRead(FILE, None, "missing"))
    assert book.state.findings == {}


def test_another_port_is_told_and_not_restarted() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    why = "it listens on port 9090, and port 9191 is watched"
    book.sees(Listened(A, owned=False, why=why, elsewhere=(9090,)), after=3)
    assert "Signal" not in kinds(book.waits(600))
    assert told(book) == [(Trouble.WRONG_PORT, Chapter.OPENED)]
    assert Trouble.DEAF not in book.state.findings
    book.proves(A)
    assert told(book)[-1] == (Trouble.WRONG_PORT, Chapter.CLOSED)


def test_a_lost_race_is_shown_for_ten_minutes_and_told_to_nobody() -> None:
    book = Playbook()
    book.sees(Restored(None, seed=1))
    book.sees(Absent())
    book.sees(Appeared(A, adopted=False))
    book.sees(Listened(A, owned=True))
    book.sees(SessionLost(A, "registration refused: Forbidden connection", refused=True))
    assert Trouble.COLD_BURST in book.state.findings
    book.sees(Registered(A, 0.01), after=0.25)
    assert book.view.ready
    for _ in range(9):
        book.sees(Answered(A, Sign.PONG, 0.01), after=60)
    assert Trouble.COLD_BURST in book.state.findings
    book.sees(Answered(A, Sign.PONG, 0.01), after=61)
    assert book.state.findings == {}
    assert told(book) == []
    book.sees(SessionLost(A, "registration refused: x", refused=True))
    assert Trouble.COLD_BURST not in book.state.findings, "later it is no cold burst"


def test_what_is_read_of_the_machine_outlives_the_server_and_the_rest_does_not() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(HostSampled({Measure.MEMORY_AVAILABLE_SHARE: 40.0}))
    book.sees(Sampled(A, "S", {Measure.CPU: 3.0}))
    book.dies(A)
    assert Measure.MEMORY_AVAILABLE_SHARE in book.view.readings
    assert Measure.CPU not in book.view.readings


def line(slope: float, points: int, start: float = 1e9) -> Trend:
    trend = Trend()
    for number in range(points):
        trend = trend.with_point(number * SPACING, start + slope * number * SPACING)
    return trend


@pytest.mark.parametrize("slope", [-2e6, 0.0, 31.5])
def test_a_trend_finds_the_slope_of_a_line(slope: float) -> None:
    assert line(slope, FEWEST).slope == pytest.approx(slope, abs=1e-6)
    assert line(slope, FEWEST - 1).slope is None


def test_a_trend_keeps_a_quarter_of_an_hour_and_no_more_often_than_it_should() -> None:
    trend = line(1.0, 3 * KEPT)
    assert len(trend.points) == KEPT
    assert trend.with_point(trend.points[-1][0] + SPACING / 2, 0.0) is trend


def test_the_disk_is_full_when_the_line_says_so() -> None:
    trends = {Measure.DISK_FREE: line(-1e6, 10)}
    free = trends[Measure.DISK_FREE].points[-1][1]
    assert derived({Measure.DISK_FREE: free}, trends, Measure)[Measure.DISK_FULL_IN] == pytest.approx(
        free / 1e6
    )
    growing = derived({Measure.DISK_FREE: free}, {Measure.DISK_FREE: line(1e6, 10)}, Measure)
    assert growing[Measure.DISK_FULL_IN] == math.inf
    assert isinstance(derived({}, {}, Measure)[Measure.DISK_FULL_IN], Unknown)


def test_timers_rise_by_the_hour() -> None:
    trends = follow({Measure.TIMERS: line(0.5, 9)}, {Measure.TIMERS: Unknown("gone")}, 1e6)
    assert derived({}, trends, Measure)[Measure.TIMERS_RISE] == pytest.approx(0.5 * HOUR)


@pytest.mark.parametrize(
    ("registered", "expected"),
    [(90.0, 10.0), (100.0, 0.0), (120.0, 0.0), (Unknown("no login"), Unknown("no login"))],
)
def test_connections_of_nobody_are_those_that_are_not_counted(registered: Reading, expected: Reading) -> None:
    readings: dict[Measure, Reading] = {
        Measure.ESTABLISHED: 103.0,
        Measure.CLIENTS_PENDING: 1.0,
        Measure.CLIENTS_REGISTERED: registered,
        Measure.CLIENTS_VPN: 2.0,
    }
    assert derived(readings, {}, Measure)[Measure.UNACCOUNTED] == expected


def test_a_look_that_comes_a_little_early_gives_its_point() -> None:
    trend = Trend(((100.0, 1.0),)).with_point(109.95, 2.0)
    assert len(trend.points) == 2
    assert len(trend.with_point(115.0, 3.0).points) == 2, "looks each 5 s: every other"
