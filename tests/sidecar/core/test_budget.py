"""Back-off and sliding windows, as plain arithmetic."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.budget import backoff, full, remembered, spent
from sidecar.core.jitter import lengthened
from sidecar.core.policy import Policy
from sidecar.core.quantities import Window


def room_at(restarts: tuple[float, ...], budget: tuple[Window, ...], now: float) -> float:
    held = full(restarts, budget, now)
    return held[0] if held else now


moments = st.lists(st.floats(0, 10_000), max_size=40).map(lambda times: tuple(sorted(times)))
windows = st.lists(st.builds(Window, st.integers(1, 8), st.floats(1, 5_000)), min_size=1, max_size=3).map(
    tuple
)


def test_the_first_restart_is_at_once_and_the_next_ones_wait_longer_and_longer() -> None:
    policy = Policy(jitter=0.0)
    assert [backoff(n, 1, policy) for n in range(9)] == [0, 1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(1, 10_000), st.integers())
def test_jitter_only_lengthens_and_by_no_more_than_its_share(failures: int, seed: int) -> None:
    bare, spread = Policy(jitter=0.0), Policy(jitter=0.1)
    base = backoff(failures, seed, bare)
    assert base <= backoff(failures, seed, spread) <= base * 1.1
    assert backoff(failures, seed, spread) == backoff(failures, seed, spread)


def test_the_parts_of_what_a_wait_is_for_do_not_run_into_each_other() -> None:
    assert lengthened(1.0, 1.0, 1, 12) != lengthened(1.0, 1.0, 11, 2)


@given(moments, windows, st.floats(0, 20_000))
def test_a_restart_where_there_is_room_never_overfills_a_window(
    restarts: tuple[float, ...], budget: tuple[Window, ...], later: float
) -> None:
    """Whoever restarts only at room_at() keeps every count in every span."""
    kept: tuple[float, ...] = ()
    for at in restarts:
        if room_at(kept, budget, at) <= at:
            kept = (*kept, at)
    now = (restarts[-1] if restarts else 0.0) + later
    at = room_at(kept, budget, now)
    for window in budget:
        assert spent((*kept, at), window, at) <= window.restarts


@given(moments, windows)
def test_room_is_not_withheld_longer_than_needed(
    restarts: tuple[float, ...], budget: tuple[Window, ...]
) -> None:
    now = restarts[-1] if restarts else 0.0
    at = room_at(restarts, budget, now)
    if at > now:
        assert any(spent(restarts, window, at - 0.001) >= window.restarts for window in budget)


@given(moments, windows, st.floats(0, 6_000))
def test_it_is_held_exactly_while_some_window_is_full(
    restarts: tuple[float, ...], budget: tuple[Window, ...], later: float
) -> None:
    now = (restarts[-1] if restarts else 0.0) + later
    held = full(restarts, budget, now)
    assert (held is not None) == any(spent(restarts, one, now) >= one.restarts for one in budget)
    assert held is None or held[0] > now


def test_no_restarts_allowed_means_never() -> None:
    never, either = Window(0, 10.0), Window(0, 20.0)
    assert full((), (never, either), 5.0) == (float("inf"), never)


def test_what_no_window_counts_is_forgotten() -> None:
    budget = (Window(1, 50.0), Window(9, 100.0))
    assert remembered((10.0, 11.0, 60.0), budget, now=110.0) == (11.0, 60.0)
    assert remembered((110.0,), (), now=110.0) == ()


@given(moments, windows)
def test_forgetting_changes_no_count(restarts: tuple[float, ...], budget: tuple[Window, ...]) -> None:
    now = (restarts[-1] if restarts else 0.0) + 1
    kept = remembered(restarts, budget, now)
    for window in budget:
        assert spent(kept, window, now) == spent(restarts, window, now)
