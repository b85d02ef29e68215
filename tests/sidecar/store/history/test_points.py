"""Rolling up: whatever the way, the figures are those of the seconds."""

from __future__ import annotations

import math
import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.store.history.packing import pack, pack_second, unpack, unpack_of, unpack_second
from sidecar.store.history.points import Point, Second, Verdict, merged, rolled
from sidecar.store.history.tally import bucket, middle, percentile

LATENCY = 1
values = st.one_of(st.integers(0, 2**40).map(float), st.floats(0, 1e6))
seconds = st.builds(Second, st.sampled_from(Verdict), st.dictionaries(st.integers(0, 3), values))


@given(st.lists(seconds, min_size=1, max_size=30), st.data())
def test_merged_parts_are_the_whole(some: list[Second], data: st.DataObject) -> None:
    cuts = sorted({0, len(some), *data.draw(st.lists(st.integers(0, len(some)), max_size=4))})
    parts = [rolled(some[a:b], {LATENCY}) for a, b in pairwise(cuts)]
    whole, again = rolled(some, {LATENCY}), merged(parts)
    assert again.verdicts == whole.verdicts
    assert again.spreads.keys() == whole.spreads.keys()
    for series, spread in whole.spreads.items():
        other = again.spreads[series]
        assert (other.least, other.most, other.last, other.count, other.tally) == (
            spread.least,
            spread.most,
            spread.last,
            spread.count,
            spread.tally,
        )
        assert other.mean == pytest.approx(spread.mean)


@given(st.lists(seconds, max_size=30))
def test_a_spread_is_what_its_name_says_and_a_gap_counts_for_nothing(some: list[Second]) -> None:
    for series in range(4):
        known = [second.values[series] for second in some if series in second.values]
        spread = rolled(some, {LATENCY}).spreads.get(series)
        assert (spread is None) == (not known)
        if spread is not None:
            assert (spread.least, spread.most, spread.last) == (min(known), max(known), known[-1])
            assert (spread.count, spread.mean) == (len(known), pytest.approx(statistics.fmean(known)))


@given(st.lists(seconds, max_size=30))
def test_a_row_comes_back_as_it_was(some: list[Second]) -> None:
    assert [unpack_second(pack_second(second)) for second in some] == some
    point = rolled(some, {LATENCY})
    assert unpack(pack(point)) == point
    some_of = {series: spread for series, spread in point.spreads.items() if series in {1, 2}}
    assert unpack_of(pack(point), {1, 2}) == Point(point.verdicts, some_of)


def test_never_full_is_no_number_that_others_are_mixed_with() -> None:
    spread = rolled([Second(Verdict.PASS, {0: 60.0}), Second(Verdict.PASS, {0: math.inf})], ()).spreads[0]
    assert (spread.least, spread.mean, spread.most, spread.last) == (60.0, math.inf, math.inf, math.inf)


def test_availability_is_of_the_seconds_whose_verdict_is_known() -> None:
    some = [Second(verdict, {}) for verdict in (Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN)]
    assert rolled(some, ()).availability == pytest.approx(2 / 3)
    assert rolled(some, ()).worst is Verdict.FAIL
    assert rolled(some[3:], ()).availability is None
    assert rolled(some[3:], ()).worst is Verdict.UNKNOWN
    assert merged([]) == Point((0, 0, 0), {})


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=200), st.sampled_from([1, 50, 99, 100]))
def test_a_percentile_is_that_of_the_values_but_for_a_bucket(some: list[float], percent: int) -> None:
    counts: dict[int, int] = {}
    for value in some:
        counts[bucket(value)] = counts.get(bucket(value), 0) + 1
    exact = sorted(some)[math.ceil(len(some) * percent / 100) - 1]
    assert percentile(counts, percent) == pytest.approx(exact, rel=1 / 31, abs=0.001)


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_buckets_are_in_the_order_of_their_values(one: int, other: int) -> None:
    least, most = sorted((one, other))
    assert bucket(least / 1000) <= bucket(most / 1000)
    assert middle(bucket(least / 1000)) == pytest.approx(least / 1000, rel=1 / 31, abs=0.001)


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile({}, 99) is None
