"""The rank sum test beside scipy's and beside plain counting; how often it is wrong."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from loadgen.significance import LEVEL, enough, least_p, p_value, ratio, significant

groups = st.lists(st.integers(0, 6), min_size=1, max_size=5)
different = st.lists(st.floats(0, 1e6), min_size=4, max_size=18, unique=True)


@settings(deadline=None)  # scipy counts its table when it is first asked
@given(different, st.data())
def test_it_is_scipys_exact_one_where_no_two_are_equal(values: list[float], data: st.DataObject):
    size = data.draw(st.integers(1, len(values) - 1))
    old, new = values[:size], values[size:]
    assert p_value(old, new) == pytest.approx(mannwhitneyu(old, new, method="exact").pvalue)


@given(groups, groups)
def test_with_equal_values_it_is_the_share_of_all_divisions(old: list[int], new: list[int]):
    together = [*old, *new]
    ranks = [sum(other < one for other in together) + (together.count(one) + 1) / 2 for one in together]
    middle = len(old) * sum(ranks) / len(ranks)
    uneven = abs(sum(ranks[: len(old)]) - middle)
    sums = [abs(sum(some) - middle) for some in combinations(ranks, len(old))]
    assert p_value(old, new) == pytest.approx(sum(one >= uneven - 1e-9 for one in sums) / len(sums))


def test_many_runs_are_near_scipys_own_approximation():
    chance = random.Random(3)
    old, new = ([round(chance.gauss(mean, 1), 1) for _ in range(30)] for mean in (10, 10.6))
    assert p_value(old, new) == pytest.approx(mannwhitneyu(old, new, method="asymptotic").pvalue, rel=1e-6)


def test_three_and_three_cannot_show_anything():
    assert p_value([1, 2, 3], [4, 5, 6]) == least_p(3, 3) == 0.1
    assert [enough(figures) for figures in (1, 4, 10)] == [4, 5, 6]


def test_holm_asks_more_of_the_first_than_of_the_last():
    assert significant({"a": 0.01, "b": 0.02, "c": 0.04}) == {"a", "b", "c"}
    assert significant({"a": 0.02, "b": 0.03, "c": 0.04}) == set()
    assert significant({"a": 0.001, "b": 0.03, "c": 0.04}) == {"a"}


def test_any_false_alarm_among_four_figures_is_as_rare_as_it_says():
    chance, rounds, alarms = random.Random(11), 1_500, 0
    for _ in range(rounds):
        both = [[chance.lognormvariate(0, 0.3) for _ in range(12)] for _ in range(4)]
        alarms += bool(significant({str(at): p_value(one[:6], one[6:]) for at, one in enumerate(both)}))
    assert alarms / rounds <= LEVEL * 1.2


def test_a_shift_of_a_quarter_is_nearly_always_found_in_ten_runs():
    chance, rounds, found = random.Random(5), 300, 0
    for _ in range(rounds):
        old = [chance.lognormvariate(0, 0.08) for _ in range(10)]
        new = [1.25 * chance.lognormvariate(0, 0.08) for _ in range(10)]
        found += p_value(old, new) <= LEVEL / 4
    assert found / rounds > 0.95


@pytest.mark.parametrize(("before", "after"), [(4, 4), (5, 5), (5, 9), (21, 22)])
def test_the_interval_holds_the_true_ratio_as_often_as_it_says(before: int, after: int):
    chance, rounds, held = random.Random(9), 3_000, 0
    for _ in range(rounds):
        old = [chance.lognormvariate(0, 0.2) for _ in range(before)]
        new = [1.5 * chance.lognormvariate(0, 0.2) for _ in range(after)]
        _, least, most = ratio(old, new) or (0, 0, 0)
        assert least is not None
        assert most is not None
        held += least <= 1.5 <= most
    assert held / rounds > 1 - LEVEL - 3 * (LEVEL / rounds) ** 0.5


def test_a_ratio_to_nothing_is_unknown():
    assert ratio([0.0, 1.0], [1.0, 1.0]) is None


def test_so_few_runs_that_no_interval_holds_95_percent_have_none():
    assert ratio([2.0], [1.0]) == (0.5, None, None)
    assert ratio([1.0, 2.0, 4.0], [1.0, 2.0, 4.0]) == (1.0, None, None)
    assert ratio([1.0, 2.0, 4.0, 8.0], [1.0, 2.0, 4.0, 8.0]) == (1.0, 1 / 8, 8.0)
