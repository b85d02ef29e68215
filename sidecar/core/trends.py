"""Where a reading goes: its slope over the last minutes, from a few points, and what follows from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import msgspec

from fermatkit.measures import Measure, Reading, Unknown

SPACING = 9.0
"""Seconds between two points that are kept: each second one of looks 5 s apart, though one comes early."""
KEPT = 90
"""Points: a quarter of an hour, when they are 10 s apart."""
FEWEST = 4
"""Two points are a line through anything."""
HOUR = 3600.0


class Trend(msgspec.Struct, frozen=True):
    """Points of one reading: moment (monotonic seconds) and value, the oldest first."""

    points: tuple[tuple[float, float], ...] = ()

    def with_point(self, at: float, value: float) -> Trend:
        """With one more point, if the last is old enough."""
        if self.points and at - self.points[-1][0] < SPACING:
            return self
        return Trend((*self.points[1 - KEPT :], (at, value)))

    @property
    def slope(self) -> float | None:
        """How much the value rises in a second, by least squares; None before there are enough points."""
        number = len(self.points)
        if number < FEWEST:
            return None
        mean_at = sum(at for at, _ in self.points) / number
        mean = sum(value for _, value in self.points) / number
        above = sum((at - mean_at) * (value - mean) for at, value in self.points)
        below = sum((at - mean_at) ** 2 for at, _ in self.points)
        return above / below


COUNTED = (Measure.CLIENTS_PENDING, Measure.CLIENTS_REGISTERED, Measure.CLIENTS_VPN)
"""Whom the server counts as a client."""
Trends = dict[Measure, Trend]
FOLLOWED = (Measure.DISK_FREE, Measure.TIMERS, Measure.UNIT_OOM_KILLS)
"""What points are kept of."""
RECENT = 600.0
"""Seconds for which somebody's end by the OOM killer is news."""


def follow(trends: Trends, new: Mapping[Measure, Reading], at: float) -> Trends:
    """The trends with these readings."""
    points = {measure: new.get(measure) for measure in FOLLOWED}
    known = {measure: value for measure, value in points.items() if isinstance(value, int | float)}
    return {
        **trends,
        **{measure: trends.get(measure, Trend()).with_point(at, value) for measure, value in known.items()},
    }


def derived(
    readings: Mapping[Measure, Reading], trends: Trends, new: Iterable[Measure]
) -> dict[Measure, Reading]:
    """The readings that are made of others, of which some are new."""
    new = frozenset(new)
    return {
        made: make(readings, trends) for made, (parts, make) in _MADE.items() if not new.isdisjoint(parts)
    }


def _full_in(readings: Mapping[Measure, Reading], trends: Trends) -> Reading:
    free = readings.get(Measure.DISK_FREE)
    slope = trends.get(Measure.DISK_FREE, Trend()).slope
    if slope is None or free is None or isinstance(free, Unknown):
        return Unknown("needs readings over half a minute")
    return math.inf if slope >= 0 else free / -slope


def _rise(_: Mapping[Measure, Reading], trends: Trends) -> Reading:
    slope = trends.get(Measure.TIMERS, Trend()).slope
    return Unknown("needs readings over half a minute") if slope is None else slope * HOUR


def _recent(readings: Mapping[Measure, Reading], trends: Trends) -> Reading:
    """How many more they are than ten minutes ago; none is known only of one that was watched for so long."""
    kills = readings.get(Measure.UNIT_OOM_KILLS)
    if kills is None or isinstance(kills, Unknown):
        return kills or Unknown("not sampled")
    points = trends.get(Measure.UNIT_OOM_KILLS, Trend()).points
    if not points:
        return Unknown("not sampled")
    then = points[-1][0] - RECENT
    before = [one for one in points if one[0] <= then]
    more = kills - (before or points)[-1 if before else 0][1]
    return max(0.0, more) if before or more > 0 else Unknown("not watched for ten minutes yet")


def _unaccounted(readings: Mapping[Measure, Reading], _: Trends) -> Reading:
    """A client of the server's is pending, registered or in a VPN; what is more is a socket of nobody."""
    values = [readings.get(part, Unknown("not sampled")) for part in (Measure.ESTABLISHED, *COUNTED)]
    for value in values:
        if isinstance(value, Unknown):
            return value
    sockets, *counted = [value for value in values if not isinstance(value, Unknown)]
    return max(0.0, sockets - sum(counted))


_MADE: dict[Measure, tuple[tuple[Measure, ...], Callable[[Mapping[Measure, Reading], Trends], Reading]]] = {
    Measure.DISK_FULL_IN: ((Measure.DISK_FREE,), _full_in),
    Measure.TIMERS_RISE: ((Measure.TIMERS,), _rise),
    Measure.UNACCOUNTED: ((Measure.ESTABLISHED, *COUNTED), _unaccounted),
    Measure.UNIT_OOM_KILLS_RECENT: ((Measure.UNIT_OOM_KILLS,), _recent),
}
"""What each is made of, and how: a slope through ninety points is not for each second."""
