"""Two clocks, compared by questions that take time and answers that may be old."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.watch.clock import Clock, Poll, clock

ways = st.floats(0.0, 0.5)


@given(
    ahead=st.floats(-1e9, 2e9),
    polls=st.lists(st.tuples(st.floats(0, 1e5), ways, ways, st.floats(0, 1.0)), min_size=1, max_size=60),
)
def test_a_fresh_answer_bounds_the_other_clock(
    ahead: float, polls: list[tuple[float, float, float, float]]
) -> None:
    """Whatever the ways there and back take, and however old the other answers are."""
    at, there, back, _ = polls[0]
    fresh = Poll(at, at + there + back, at + there + ahead)
    old = [
        Poll(at, at + there + back, at + there + ahead - age)
        for at, there, back, age in polls[1:]
        if age > 0.5
    ]
    found = clock([*old, fresh])
    assert abs(found.ahead - ahead) <= found.within + 1e-6


def test_theirs_is_told_on_our_axis() -> None:
    assert Clock(ahead=1000.0, within=0.1).ours(1060.0) == pytest.approx(60.0)
