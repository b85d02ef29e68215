from __future__ import annotations

from math import ceil

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from loadgen.histogram import GRAIN, LONGEST, Histogram, value
from loadgen.recorder import PIECE, Recorder, histogram

latencies = st.lists(st.floats(0, 1000), min_size=1)
percents = st.floats(0.001, 100)


def near(found: float, exact: float) -> bool:
    """Within half a bucket: 0.05 %, or half of the clock's grain."""
    return abs(found - exact) <= max(exact / 2048, GRAIN / 2) * (1 + 1e-9)


@given(st.floats(0, LONGEST))
def test_a_bucket_stands_for_its_sample_to_half_a_thousandth(sample: float):
    (number,) = histogram([sample]).counts
    assert near(value(number), sample)


@given(st.integers(0, 31_742))
def test_buckets_are_in_the_order_of_their_values_and_none_is_wider_than_a_thousandth(number: int):
    below, above = value(number), value(number + 1)
    assert below < above
    assert above - below <= max(below / 1024, GRAIN)


@given(latencies, percents)
def test_a_percentile_is_the_exact_one_to_half_a_thousandth(samples: list[float], percent: float):
    exact = sorted(samples)[ceil(len(samples) * percent / 100) - 1]
    found = histogram(samples).percentile(percent)
    assert found is not None
    assert near(found, exact)


@given(latencies)
def test_percentiles_rise_up_to_the_exact_greatest(samples: list[float]):
    found = histogram(samples)
    rising = [percent or 0.0 for percent in found.percentiles()]
    assert rising == sorted(rising)
    assert rising == [found.percentile(percent) for percent in (50, 90, 99, 99.9, 100)]
    assert rising[-1] == found.max == max(samples)


@given(latencies, latencies)
def test_adding_is_as_if_all_had_been_recorded_in_one_in_any_order(some: list[float], others: list[float]):
    one, other = histogram(some), histogram(others)
    one.add(histogram(others))
    other.add(histogram(some))
    assert one == other == histogram([*some, *others])


@given(latencies)
def test_it_survives_a_file(samples: list[float]):
    found = histogram(samples)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Histogram) == found


@given(latencies, st.floats(0, 1000))
def test_what_is_above_a_bound_adds_up(samples: list[float], least: float):
    exact = sum(sample for sample in samples if sample > least)
    boundary = sum(sample for sample in samples if near(sample, least) or near(least, sample))
    grain = len(samples) * GRAIN
    assert abs(histogram(samples).sum_above(least) - exact) <= boundary * 1.001 + exact / 1000 + grain


def test_without_a_sample_a_percentile_is_unknown():
    assert histogram([]) == Histogram()
    assert Histogram().percentile(50) is None
    assert Histogram().percentiles() == [None] * 5


@given(st.floats(-1000, -0.0))
def test_less_than_nothing_is_nothing(early: float):
    assert histogram([early]) == histogram([0.0]) == Histogram(counts={0: 1}, total=1)


def test_what_lasted_longer_than_any_bucket_is_in_the_last_and_its_length_is_exact():
    found = histogram([1e6, 1.0])
    assert found.percentile(100) == found.max == 1e6
    assert sorted(map(value, found.counts)) == [1.0, LONGEST]


def test_two_histograms_share_nothing():
    histogram([1.0])
    Histogram().add(histogram([1.0]))
    assert Histogram().counts == {}


@given(st.integers(0, 2 * PIECE + 2), st.integers(0, 4))
def test_when_it_is_counted_changes_nothing(samples: int, folds: int):
    at_once, in_pieces = Recorder(), Recorder()
    for number in range(samples):
        at_once.record(number / 1000)
        in_pieces.record(number / 1000)
    for _ in range(folds):
        in_pieces.fold()
    assert len(in_pieces) == samples
    assert in_pieces.turn() == at_once.turn()
    assert len(in_pieces) == 0
    assert in_pieces.turn() == Histogram()


@given(st.lists(st.floats(-1, 1e6), min_size=1, max_size=4))
def test_the_greatest_is_exact_whatever_was_counted_before_it(peaks: list[float]):
    recorder = Recorder()
    for _ in range(2):  # seconds
        samples: list[float] = []
        for peak in peaks:
            samples += [peak * part / PIECE for part in range(PIECE, 0, -1)]
        for sample in samples:
            recorder.record(sample)
            recorder.fold()
        assert recorder.turn().max == max(*samples, 0.0)


def test_a_fold_counts_one_piece_and_tells_of_more():
    recorder = Recorder()
    for _ in range(2 * PIECE + PIECE // 2):
        recorder.record(0.001)
    assert [recorder.fold() for _ in range(3)] == [True, False, False]
