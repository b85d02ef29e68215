"""Slopes: of what, from which points, and what is made of them."""

from __future__ import annotations

import pytest

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.trends import Trend, derived, follow

EARLY = Unknown("needs readings over half a minute")


def test_a_point_is_kept_every_ten_seconds() -> None:
    trend = Trend()
    for second in range(0, 40, 5):
        trend = trend.with_point(float(second), 1.0)
    assert [at for at, _ in trend.points] == [0.0, 10.0, 20.0, 30.0]


def test_ninety_points_are_kept_the_newest() -> None:
    trend = Trend()
    for number in range(100):
        trend = trend.with_point(10.0 * number, float(number))
    assert [value for _, value in trend.points] == [float(number) for number in range(10, 100)]


def test_points_beside_the_line_are_weighed() -> None:
    trend = Trend(((0.0, 0.0), (10.0, 4.0), (20.0, 2.0), (30.0, 6.0)))
    assert trend.slope == pytest.approx(0.16)
    assert Trend(trend.points[:3]).slope is None


def test_the_disk_and_the_timers_are_followed_as_far_as_they_are_known() -> None:
    new: dict[Measure, Reading] = {Measure.DISK_FREE: 7.0, Measure.TIMERS: 3.0, Measure.CPU: 1.0}
    first = follow({}, new, 5.0)
    assert first == {Measure.DISK_FREE: Trend(((5.0, 7.0),)), Measure.TIMERS: Trend(((5.0, 3.0),))}
    second = follow(first, {Measure.DISK_FREE: Unknown("not read"), Measure.TIMERS: 4.0}, 15.0)
    assert second[Measure.DISK_FREE] == first[Measure.DISK_FREE]
    assert second[Measure.TIMERS].points == ((5.0, 3.0), (15.0, 4.0))


def test_nothing_is_said_of_half_a_minute_that_is_not_over() -> None:
    short = {Measure.DISK_FREE: Trend(((0.0, 9.0), (10.0, 8.0), (20.0, 7.0)))}
    made = derived({Measure.DISK_FREE: 7.0}, short, Measure)
    assert made[Measure.DISK_FULL_IN] == EARLY
    assert made[Measure.TIMERS_RISE] == EARLY


@pytest.mark.parametrize("free", [None, Unknown("not read within 0.5 s")])
def test_a_disk_that_is_not_read_has_no_end_in_sight(free: Reading | None) -> None:
    trends = {Measure.DISK_FREE: Trend(tuple((10.0 * n, 100.0 - n) for n in range(4)))}
    readings = {} if free is None else {Measure.DISK_FREE: free}
    assert derived(readings, trends, Measure)[Measure.DISK_FULL_IN] == EARLY


UNWATCHED, NEVER = Unknown("not watched for ten minutes yet"), Unknown("not sampled")


@pytest.mark.parametrize(
    ("points", "kills", "recent"),
    [
        ((), None, NEVER),
        ((), 3.0, NEVER),
        (((0.0, 3.0),), Unknown("no cgroup v2"), Unknown("no cgroup v2")),
        (((0.0, 3.0),), 3.0, UNWATCHED),
        (((0.0, 3.0),), 5.0, 2.0),
        (((0.0, 3.0),), 4.0, 1.0),
        (((0.0, 3.0), (599.0, 3.0)), 3.0, UNWATCHED),
        (((0.0, 3.0), (600.0, 4.0)), 4.0, 1.0),
        (((0.0, 3.0), (10.0, 5.0), (611.0, 6.0)), 6.0, 1.0),
        (((0.0, 3.0), (10.0, 5.0), (610.0, 5.0)), 5.0, 0.0),
        (((0.0, 3.0), (10.0, 3.0), (610.0, 0.0)), 0.0, 0.0),
    ],
)
def test_kills_are_recent_for_ten_minutes_and_none_is_known_only_of_ten_minutes_watched(
    points: tuple[tuple[float, float], ...], kills: Reading | None, recent: Reading
) -> None:
    readings = {} if kills is None else {Measure.UNIT_OOM_KILLS: kills}
    trends = {Measure.UNIT_OOM_KILLS: Trend(points)} if points else {}
    assert derived(readings, trends, Measure)[Measure.UNIT_OOM_KILLS_RECENT] == recent


def test_kills_are_followed() -> None:
    assert follow({}, {Measure.UNIT_OOM_KILLS: 2.0}, 5.0) == {Measure.UNIT_OOM_KILLS: Trend(((5.0, 2.0),))}


@pytest.mark.parametrize(
    "part", [Measure.ESTABLISHED, Measure.CLIENTS_PENDING, Measure.CLIENTS_REGISTERED, Measure.CLIENTS_VPN]
)
def test_connections_of_nobody_need_every_count(part: Measure) -> None:
    counts = dict[Measure, Reading](
        zip(
            (Measure.ESTABLISHED, Measure.CLIENTS_PENDING, Measure.CLIENTS_REGISTERED, Measure.CLIENTS_VPN),
            (100.0, 1.0, 20.0, 300.0),
            strict=True,
        )
    )
    assert derived(counts, {}, Measure)[Measure.UNACCOUNTED] == 0.0, "never fewer than none"
    fewer = counts | {Measure.CLIENTS_VPN: 4.0}
    assert derived(fewer, {}, [part])[Measure.UNACCOUNTED] == 75.0, "made anew of each of them"
    assert derived(counts | {part: Unknown("no login")}, {}, Measure)[Measure.UNACCOUNTED] == Unknown(
        "no login"
    )
    del counts[part]
    assert derived(counts, {}, Measure)[Measure.UNACCOUNTED] == Unknown("not sampled")
