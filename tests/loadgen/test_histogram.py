from __future__ import annotations

from math import ceil

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from loadgen.histogram import Histogram, bucket, top

nanoseconds = st.integers(0, 10**13)
latencies = st.lists(st.floats(0, 1000), min_size=1)
percents = st.floats(0.001, 100)


def filled(*samples: float) -> Histogram:
    histogram = Histogram()
    for sample in samples:
        histogram.record(sample)
    return histogram


@given(nanoseconds)
def test_a_bucket_holds_its_value_and_is_no_wider_than_a_thousandth_of_it(value: int):
    number = bucket(value)
    least = top(number - 1) + 1 if number else 0
    assert least <= value <= top(number)
    assert top(number) - least <= value / 1024


@given(nanoseconds, nanoseconds)
def test_buckets_are_in_the_order_of_values(one: int, other: int):
    assert (bucket(one) <= bucket(other)) or one > other


@given(latencies, percents)
def test_a_percentile_is_the_exact_one_to_a_thousandth(samples: list[float], percent: float):
    histogram = filled(*samples)
    exact = sorted(samples)[ceil(len(samples) * percent / 100) - 1]
    found = histogram.percentile(percent)
    assert found is not None
    assert exact - 1e-9 <= found <= exact * (1 + 1 / 1024) + 1e-9


@given(latencies)
def test_percentiles_rise_up_to_the_exact_greatest(samples: list[float]):
    histogram = filled(*samples)
    rising = [histogram.percentile(percent) or 0.0 for percent in (50, 90, 99, 99.9, 100)]
    assert rising == sorted(rising)
    assert rising[-1] == histogram.max / 1e9 == int(max(samples) * 1e9) / 1e9


@given(latencies, latencies)
def test_adding_is_as_if_all_had_been_recorded_in_one_in_any_order(some: list[float], others: list[float]):
    one, other = filled(*some), filled(*others)
    one.add(filled(*others))
    other.add(filled(*some))
    assert one == other == filled(*some, *others)


@given(latencies)
def test_it_survives_a_file(samples: list[float]):
    histogram = filled(*samples)
    assert msgspec.json.decode(msgspec.json.encode(histogram), type=Histogram) == histogram


def test_without_a_sample_a_percentile_is_unknown():
    assert Histogram().percentile(50) is None


def test_less_than_nothing_is_nothing():
    assert filled(-0.001) == filled(0.0)


def test_two_histograms_share_nothing():
    filled(1.0)
    assert Histogram().counts == {}
