"""The loop's own lateness."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.standin.lag import INTERVAL, KEPT, Lag, LoopLag


def test_no_sample_is_no_number():
    assert LoopLag().read() == Lag(None, None, None, 0, 0.0)


def test_a_wake_up_in_time_is_one_sample_and_an_early_one_is_not_late():
    lag = LoopLag()
    assert lag.record(due=10.0, now=9.9995) == pytest.approx(10.0 + INTERVAL)
    assert lag.record(due=10.0, now=10.004) == pytest.approx(10.0 + INTERVAL)
    assert lag.read() == Lag(p50=0.0, p99=0.0, max=4.0, samples=2, seconds=0.04)


def test_a_stall_counts_for_every_point_of_the_grid_it_covers():
    lag = LoopLag()
    assert lag.record(due=10.0, now=10.095) == pytest.approx(10.1)
    assert lag.read() == Lag(p50=55.0, p99=75.0, max=95.0, samples=5, seconds=0.1)


def test_the_newest_are_read_and_the_oldest_forgotten():
    lag = LoopLag()
    for number in range(KEPT + 10):
        lag.record(due=0.0, now=0.001 if number < KEPT else 0.002)
    assert lag.read().samples == KEPT
    assert lag.read().p50 == 1.0
    assert lag.read(seconds=10 * INTERVAL) == Lag(2.0, 2.0, 2.0, 10, 0.2)
    assert lag.read(seconds=-1).samples == 0


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e5)), max_size=5))
def test_any_wake_ups_stay_in_bounds_and_the_next_one_is_ahead(wake_ups: list[tuple[float, float]]):
    lag = LoopLag()
    for due, late in wake_ups:
        following = lag.record(due, due + late)
        assert due + late - 1e-6 <= following <= due + late + INTERVAL + 1e-6
        newest = lag.read()
        assert newest.samples <= KEPT
        assert newest.p50 is not None
        assert newest.p99 is not None
        assert newest.max is not None
        assert 0 <= newest.p50 <= newest.p99 <= newest.max


async def test_a_blocked_loop_is_seen():
    lag = LoopLag()
    lag.start()
    await asyncio.sleep(3 * INTERVAL)
    time.sleep(0.2)  # noqa: ASYNC251 - the stall itself
    await asyncio.sleep(3 * INTERVAL)
    worst = lag.read().max
    assert worst is not None
    assert worst >= 150
