"""Tallies of load runs as tests need them."""

from __future__ import annotations

from hypothesis import strategies as st

from loadgen.recorder import histogram
from loadgen.tally import Operation, Tally

operations = st.sampled_from(list(Operation))
times = st.floats(0, 100)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    """Any: what happened to a few operations, and to the program itself."""
    tally = Tally(
        loop_lag=histogram(draw(st.lists(times, max_size=3))),
        collections=histogram(draw(st.lists(times, max_size=3))),
        cpu=float(draw(st.integers(0, 9))),  # whole numbers: a sum of floats knows an order
        busiest=draw(st.none() | st.floats(0, 2)),
    )
    for operation in draw(st.lists(operations, max_size=4)):
        note(tally, operation, draw(st.lists(times, max_size=4)), lost=draw(st.integers(0, 3)))
    for kind in draw(st.lists(st.sampled_from("abc"), max_size=4)):
        tally.error(kind, 2)
    return tally


def note(tally: Tally, operation: Operation, waits: list[float], *, lag: float = 0.0, lost: int = 0) -> None:
    """Of this operation one was answered for each of `waits` (seconds from its sending), and others lost."""
    counts = tally.accounts[operation]
    counts.scheduled += len(waits) + lost
    counts.sent += len(waits) + lost
    counts.answered += len(waits)
    counts.lost += lost
    counts.lag.add(histogram([lag] * (len(waits) + lost)))
    counts.service.add(histogram(waits))
    counts.response.add(histogram([lag + wait for wait in waits]))
