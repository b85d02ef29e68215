"""How many clients each behaviour gets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadgen.scenario.behaviours import Known, Lister, Pair
from loadgen.scenario.mix import group, shares
from support.plans import clouds


@given(st.lists(clouds, min_size=1, max_size=8), st.integers(1, 10_000))
def test_whole_groups_and_nobody_left_but_where_only_groups_are(mix: list[Known], clients: int) -> None:
    counts = shares(mix, clients)
    assert all(count % group(one) == 0 for one, count in zip(mix, counts, strict=True))
    rest = clients - sum(counts)
    assert 0 <= rest < min(group(one) for one in mix)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=8), st.integers(1, 10_000))
def test_by_weight_to_the_client(weights: list[float], clients: int) -> None:
    counts = shares([Lister(weight=weight) for weight in weights], clients)
    assert sum(counts) == clients
    for weight, count in zip(weights, counts, strict=True):
        assert abs(count - clients * (weight / sum(weights))) < 1


def test_the_odd_one_out_does_something_else() -> None:
    assert shares([Pair(), Lister()], 101) == (50, 51)
    assert shares([Pair(), Pair()], 101) == (50, 50)
