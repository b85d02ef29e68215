"""Pauses by the calendar: in which window a moment is, and when the next one begins. All of it is UTC."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from sidecar.core.nouns import Pause
from sidecar.core.quantities import TimeOfDay

_DAY = 86400.0


class Day(StrEnum):
    """The days of a week, in its order."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEK = tuple(Day)
_FIRST = WEEK.index(Day.THU)
"""What 1970-01-01 was."""


class Maintenance(msgspec.Struct, frozen=True):
    """A window in which the sidecar keeps its hands off, on each of its days."""

    begin: TimeOfDay
    end: TimeOfDay
    """Never the same as its beginning; when it is earlier, it is on the next day."""
    days: tuple[Day, ...] = WEEK
    """On which it begins."""
    why: str = ""


def planned(windows: tuple[Maintenance, ...], wall: float, resumed: float) -> Pause | None:
    """The pause at this moment, of several the one that lasts longest; moments are epoch seconds.

    Somebody `resumed` then: what had begun and was not over is over since.
    """
    now = [
        Pause(since + length, window.why, since=since, planned=True)
        for window in windows
        for length in ((window.end - window.begin) % _DAY,)
        for since in _beginnings(window, wall, range(1))
        if wall < since + length and not since <= resumed < since + length
    ]
    return max(now, key=lambda pause: pause.until, default=None)


def next_begin(windows: tuple[Maintenance, ...], wall: float) -> float | None:
    """When a window begins next after this moment, epoch seconds; None without any."""
    coming = range(1, len(WEEK) + 1)
    return min((since for one in windows for since in _beginnings(one, wall, coming)), default=None)


def _beginnings(window: Maintenance, wall: float, days: range) -> Iterator[float]:
    """When it begins on these days, counted from that of its last time of day."""
    last = int((wall - window.begin) // _DAY)
    for day in (last + later for later in days):
        if WEEK[(day + _FIRST) % len(WEEK)] in window.days:
            yield day * _DAY + window.begin
