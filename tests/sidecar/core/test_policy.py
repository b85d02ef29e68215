"""With nothing configured: the numbers that no other test comes across; and numbers that contradict."""

from __future__ import annotations

import pytest

from sidecar.core.budget import backoff, full
from sidecar.core.policy import Limits, Policy

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


@pytest.mark.parametrize(("low", "high"), [("backoff_first", "backoff_max"), ("retry_first", "retry_max")])
def test_a_first_wait_longer_than_the_longest_cannot_be_meant(low: str, high: str) -> None:
    same, above = Limits(**{low: 40.0, high: 40.0}), Limits(**{low: 40.5, high: 40.0})
    assert same.contradictions() == []
    assert above.contradictions() == [(low, f"is above {high}: the first wait is longer than the longest")]
