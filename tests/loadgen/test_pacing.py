"""Turns come in the order of time."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from loadgen.pacing import PERIOD, Agenda, beat


@given(st.lists(st.floats(0, 100)), st.floats(0, 100))
def test_an_agenda_gives_every_turn_that_is_due_in_order_of_time_and_no_other(times: list[float], now: float):
    agenda: Agenda[object] = Agenda()
    for time in times:
        agenda.add(time, object())
    assert agenda.next == min(times, default=inf)
    taken = []
    while turn := agenda.take(now):
        taken.append(turn[0])
    assert taken == sorted(time for time in times if time <= now)
    assert len(taken) + len(list(iter(lambda: agenda.take(100), None))) == len(times)


@given(st.floats(0, 1e7))
def test_the_next_beat_is_ahead_and_the_same_for_all_until_it_is_there(now: float):
    due = beat(now)
    assert now - 1e-6 < due <= now + PERIOD + 1e-6
    assert beat(now + (due - now) / 2) in (due, beat(due))
