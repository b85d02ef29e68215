"""With nothing configured: the numbers that no other test comes across; and numbers that contradict."""

from __future__ import annotations

import pytest

from sidecar.core.accounts import Account, Flapping
from sidecar.core.budget import backoff, full
from sidecar.core.judging import flaps, has_room, reminder_at, settled
from sidecar.core.nouns import Trouble
from sidecar.core.policy import Limits, Policy, Route
from sidecar.core.stories import SERVER, Chapter, Incident, Message

DAY = 86400.0
DEFAULT = Policy()


def test_six_restarts_in_ten_minutes() -> None:
    five = tuple(float(second) for second in range(5))
    assert full(five, DEFAULT.budget, now=5.0) is None
    assert full((*five, 5.0), DEFAULT.budget, now=6.0) == (600.0, DEFAULT.budget[0])
    assert full((*five, 5.0), DEFAULT.budget, now=600.0) is None


def test_twenty_restarts_a_day() -> None:
    nineteen = tuple(3600.0 * hour for hour in range(19))
    assert full(nineteen, DEFAULT.budget, now=19 * 3600.0) is None
    assert full((*nineteen, 19 * 3600.0), DEFAULT.budget, now=20 * 3600.0) == (DAY, DEFAULT.budget[1])


def test_the_jitter_is_a_tenth() -> None:
    shares = [backoff(1, seed, DEFAULT) - 1.0 for seed in range(200)]
    assert 0.0 <= min(shares) < 0.01
    assert 0.09 < max(shares) <= 0.1


def test_planned_restarts_are_made_between_three_and_five() -> None:
    hours = [hour / 4 for hour in range(96) if DEFAULT.quiet(100 * DAY + hour * 900.0)]
    assert hours == [3.0, 3.25, 3.5, 3.75, 4.0, 4.25, 4.5, 4.75]
    assert [DEFAULT.quiet(edge) for edge in (3 * 3600.0 - 1, 5 * 3600.0 - 1)] == [False, True]


def test_twenty_messages_in_ten_minutes() -> None:
    nineteen = tuple(float(second) for second in range(19))
    assert has_room(nineteen, DEFAULT.storm_limit, wall=19.0)
    assert not has_room((*nineteen, 19.0), DEFAULT.storm_limit, wall=599.9)
    assert has_room((*nineteen, 19.0), DEFAULT.storm_limit, wall=600.0)


@pytest.mark.parametrize(("fifth", "first"), [(3599.9, "1-opened"), (3600.0, "")])
def test_more_than_four_beginnings_in_an_hour_are_too_many(fifth: float, first: str) -> None:
    opened = Message("1-opened", Chapter.OPENED, Incident(1, Trouble.DISK_LOW, 0.0, ()))
    known = Flapping(0.0)
    for wall in (0.0, 1.0, 2.0, 3.0):
        known = flaps(known, opened, wall, DEFAULT)
        assert known.first == ""
    assert flaps(known, opened, fifth, DEFAULT).first == first


def test_what_flaps_has_settled_after_a_quarter_of_an_hour() -> None:
    flapping = Flapping(0.0, first="1-opened")
    assert [settled(flapping, wall, DEFAULT) for wall in (899.9, 900.0)] == [False, True]


def test_people_are_reminded_after_an_hour_and_then_ever_more_rarely_at_least_once_a_day() -> None:
    accounts = [Account("mail", SERVER, believes=True, told=DAY, reminders=number) for number in range(7)]
    hours = [(reminder_at(account, DEFAULT) - DAY) / 3600.0 for account in accounts]
    assert hours == [1, 2, 4, 8, 16, 24, 24]


def test_a_channel_has_no_quiet_hours() -> None:
    assert not any(Route().quiet(DAY * 100 + second) for second in (-0.5, 0.0, 0.5))


@pytest.mark.parametrize(
    ("low", "high"),
    [("backoff_first", "backoff_max"), ("retry_first", "retry_max"), ("remind_first", "remind_max")],
)
def test_a_first_wait_longer_than_the_longest_cannot_be_meant(low: str, high: str) -> None:
    same, above = Limits(**{low: 40.0, high: 40.0}), Limits(**{low: 40.5, high: 40.0})
    assert same.contradictions() == []
    assert above.contradictions() == [(low, f"is above {high}: the first wait is longer than the longest")]
