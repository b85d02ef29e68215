"""When memory is called flat."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.soak.memory import ARENA, SHARE, STEPS, growth

MINUTES_30 = [float(second) for second in range(0, 1800, 10)]
SIZE = 40 * 2**20


@given(st.randoms(use_true_random=False), st.integers(0, 600))
def test_what_grows_at_first_and_then_only_trembles_is_flat(random: Random, warm: int):
    samples = [(at, SIZE + min(int(at), warm) * 2**14 + random.randint(-(2**17), 2**17)) for at in MINUTES_30]
    found = growth(samples)
    assert found is not None
    assert found.flat
    assert found.seconds == pytest.approx(1200, abs=20)


@given(st.floats(1.1, 1000))
def test_a_leak_of_more_than_what_is_allowed_is_found(times: float):
    leak = times * STEPS * ARENA / 1200
    found = growth([(at, int(SIZE + at * leak)) for at in MINUTES_30])
    assert found is not None
    assert not found.flat
    assert found.per_hour == pytest.approx(leak * 3600, rel=0.01)


def test_one_step_of_the_allocator_is_no_leak_and_a_spike_is_none():
    step = growth([(at, SIZE + (ARENA if at > 1200 else 0)) for at in MINUTES_30])
    spike = growth([(at, SIZE * (10 if at == 1790 else 1)) for at in MINUTES_30])
    assert step is not None
    assert spike is not None
    assert step.flat
    assert (spike.flat, spike.bytes) == (True, 0)


def test_of_much_memory_a_hundredth_is_allowed():
    found = growth([(at, 2**30) for at in MINUTES_30])
    assert found is not None
    assert found.allowed == SHARE * 2**30


@pytest.mark.parametrize("samples", [[], [(1.0, SIZE)], [(1.0, SIZE), (1.0, SIZE)]])
def test_too_few_samples_are_unknown(samples: list[tuple[float, int]]):
    assert growth(samples) is None
