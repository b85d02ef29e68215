from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.counters import Counters
from benchmarks.load.trace import SETTLED, Figures, Sample, figures

SECOND = 1_000_000_000


def steady(seconds: int, share: float = 0.5, rate: int = 20_000) -> list[Sample]:
    """A client that takes so much of a core, grows by 1 MiB a second, and echoes."""
    return [Sample(at * SECOND, at * share, at << 20, at * rate, at * share / 2) for at in range(seconds + 1)]


def counted(first: float, last: float, message: float = 0.0, handshakes: int = 1024) -> Counters:
    return Counters(
        accepted=handshakes,
        handshakes=handshakes,
        open=handshakes,
        first_accept=int(first * SECOND),
        last_handshake=int(last * SECOND),
        first_message=int(message * SECOND),
    )


def test_connects_cost_what_was_used_from_the_first_to_the_last_and_while_that_one_was_read() -> None:
    found = figures(steady(10), counted(2, 4), 1024, None)
    assert found.start_cpu == pytest.approx(1.0)
    assert found.connect_cpu == pytest.approx(0.5 * (2 + SETTLED / SECOND))
    assert found.connect_s == 2
    assert found.held_rss == pytest.approx(4 + SETTLED / SECOND)
    assert found.echo_cpu is None


def test_a_message_ends_the_connecting_but_memory_is_looked_at_when_it_always_is() -> None:
    found = figures(steady(10), counted(2, 4, 4.1), 1024, None)
    assert found.connect_cpu == pytest.approx(0.5 * 2.1)
    assert found.held_rss == pytest.approx(4 + SETTLED / SECOND)


def test_echoes_while_connecting_leave_the_cost_of_both_unknown() -> None:
    window = (5 * SECOND, 9 * SECOND)
    assert figures(steady(10), counted(2, 4, 3), 1024, window) == Figures(start_cpu=1.0)


def test_not_all_connected_is_no_figure() -> None:
    assert figures(steady(10), counted(2, 4), 1025, None) == Figures()
    assert figures([], counted(2, 4), 1024, None) == Figures()


def test_echoes_are_told_for_a_hundred_thousand() -> None:
    found = figures(steady(10), counted(1, 2, 3), 1024, (4 * SECOND, 9 * SECOND))
    assert found.echo_cpu == pytest.approx(2.5)
    assert found.echo_rate == pytest.approx(20_000)
    assert found.server_share == pytest.approx(0.25)


def test_a_window_that_was_not_seen_to_its_end_or_in_which_nothing_came_is_unknown() -> None:
    assert figures(steady(10), counted(1, 2, 3), 1024, (4 * SECOND, 11 * SECOND)).echo_cpu is None
    assert figures(steady(10, rate=1), counted(1, 2, 3), 1024, (4 * SECOND, 9 * SECOND)).echo_cpu is None


def test_who_was_not_seen_is_unknown_and_not_nothing() -> None:
    """Neither before the first look, nor where a look found nobody."""
    window = (4 * SECOND, 9 * SECOND)
    unseen = [one._replace(cpu=None, rss=None) for one in steady(10)]
    assert figures(unseen, counted(1, 2, 3), 1024, window) == Figures(
        connect_s=1, echo_rate=pytest.approx(20_000), server_share=pytest.approx(0.25)
    )
    found = figures(steady(10)[2:], counted(1, 3, 4), 1024, window)
    assert (found.start_cpu, found.connect_cpu) == (None, None)
    assert found.echo_cpu == pytest.approx(2.5)
    found = figures([*unseen[:4], *steady(10)[4:]], counted(1, 3, 4), 1024, (3 * SECOND, 9 * SECOND))
    assert (found.held_rss, found.connect_cpu, found.echo_cpu) == (None, None, None)


@given(
    st.lists(st.floats(0, 9.99), min_size=2, max_size=2).map(sorted),
    st.floats(0.01, 1),
)
def test_between_two_looks_everything_grows_evenly(window: list[float], share: float) -> None:
    begin, end = (int(at * SECOND) for at in window)
    found = figures(steady(10, share), counted(0, 0, 0), 1024, (begin, end))
    if found.echo_cpu is not None:
        assert found.echo_cpu == pytest.approx(share * 5, rel=1e-4)
