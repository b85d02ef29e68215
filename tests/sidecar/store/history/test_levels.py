"""Which level answers, and how a range may be written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermatkit.measures import Measure
from sidecar.store.history.asking import moment, series, span
from sidecar.store.history.levels import LEVELS, SERIES, choose, floor

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("ago", "length", "points", "answer"),
    [
        (900.0, 900.0, 900, (0, 1)),
        (900.0, 900.0, 600, (0, 2)),
        (5 * HOUR, 600.0, 600, (0, 1)),
        (7 * HOUR, 600.0, 600, (1, 60)),
        (HOUR, HOUR, 600, (1, 60)),
        (DAY, DAY, 600, (1, 180)),
        (DAY, DAY, 24, (2, 3600)),
        (9 * DAY, 600.0, 600, (2, 600)),
        (30 * DAY, 30 * DAY, 600, (2, 4800)),
        (400 * DAY, HOUR, 600, (2, 600)),
    ],
)
def test_the_step_is_the_finest_that_is_kept_and_gives_no_more_points_than_wanted(
    ago: float, length: float, points: int, answer: tuple[int, int]
) -> None:
    assert choose(NOW - ago, NOW - ago + length, points, NOW) == answer


@given(st.floats(1.0, 400 * DAY), st.floats(0.001, 1.0), st.integers(1, 20000))
def test_whatever_is_asked_the_answer_is_bounded(ago: float, share: float, points: int) -> None:
    since, until = NOW - ago, NOW - ago * (1 - share)
    level, step = choose(since, until, points, NOW)
    assert step % LEVELS[level].step == 0
    assert (until - since) / step <= points


@given(st.floats(0, 4e9), st.sampled_from([1, 60, 600, 4800]))
def test_a_step_begins_at_a_multiple_of_itself(at: float, step: int) -> None:
    assert floor(at, step) % step == 0
    assert floor(at, step) <= at < floor(at, step) + step


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-26T10:00:00Z", NOW - 2 * HOUR),
        ("2026-11-26T10:00", NOW - 2 * HOUR),
        ("2026-11-26 10:00", NOW - 2 * HOUR),
        ("2026-11-26T11:00:00 01:00", NOW - 2 * HOUR),
        ("2026-11-26T11:00:00+01:00", NOW - 2 * HOUR),
        ("2026-11-26", NOW - 12 * HOUR),
        ("24h", NOW - DAY),
        ("-3600", NOW - HOUR),
        ("1795000000.5", 1795000000.5),
        ("0", 0.0),
    ],
)
def test_how_a_moment_may_be_written(text: str, at: float) -> None:
    assert moment(text, NOW) == at


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_written_is_a_range_or_a_value_error(since: str, until: str) -> None:
    try:
        begin, end = span(since, until, NOW)
    except ValueError:
        return
    assert 0 <= begin < end


def test_until_is_now_and_later_than_since() -> None:
    assert span("1h", "", NOW) == (NOW - HOUR, NOW)
    with pytest.raises(ValueError, match="since: has to be earlier"):
        span("1h", "2h", NOW)


def test_a_series_is_called_as_in_health_and_a_wrong_name_is_answered_with_the_nearest() -> None:
    assert set(Measure) < set(SERIES)
    assert series(["protocol:pong", "cpu:utilization", "protocol:pong"]) == [
        "protocol:pong",
        "cpu:utilization",
    ]
    with pytest.raises(ValueError, match="did you mean 'cpu:utilization'"):
        series(["cpu:utilisation"])
    with pytest.raises(ValueError, match=r"'zzz' is not measured; there are: cpu:utilization, "):
        series(["zzz"])


@pytest.mark.parametrize(
    "text", ["", "yesterday", "nan", "inf", "1e9", "2026-13-01", "24x", "9" * 13, "Z" * 99]
)
def test_what_is_no_moment_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no moment: write 2026-11-26T10:00:00Z") as raised:
        moment(text, NOW)
    assert len(str(raised.value)) < 150
