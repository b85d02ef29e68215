from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from loadgen.histogram import BUCKETS, Histogram
from loadgen.tally import Operation, Tally
from loadgen.whole import Whole
from support.loads import tallies


@given(st.lists(tallies(), max_size=4))
def test_it_is_the_sum_of_all_seconds_whenever_it_is_asked(seconds: list[Tally]):
    whole, plain = Whole(), Tally()
    for second in seconds:
        whole.add(second)
        plain.add(second)
        assert whole.tally() == plain


def test_what_it_has_told_is_not_changed_by_what_comes_later():
    whole = Whole()
    whole.add(second([5]))
    told = whole.tally()
    whole.add(second([5, 6]))
    assert told == second([5])
    assert whole.tally().accounts[Operation.LIST].response.counts == {5: 2, 6: 1}


def test_every_bucket_has_its_place():
    whole = Whole()
    whole.add(second([0, BUCKETS - 1]))
    assert whole.tally() == second([0, BUCKETS - 1])


def test_new_latencies_take_no_more_memory_than_old_ones():
    whole = Whole()
    whole.add(second(range(100)))
    late = second(range(100, 6000))
    tracemalloc.start()
    try:
        whole.add(late)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 100_000  # a dictionary of them takes half a megabyte


def second(buckets: range | list[int]) -> Tally:
    tally = Tally()
    tally.accounts[Operation.LIST].response = Histogram(dict.fromkeys(buckets, 1), len(buckets), 0.5)
    return tally
