"""Turns come in the order of time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadgen.pacing import Agenda


@given(st.lists(st.floats(0, 100)), st.floats(0, 100))
def test_an_agenda_gives_every_turn_that_is_due_in_order_of_time_and_no_other(times: list[float], now: float):
    agenda: Agenda[object] = Agenda()
    for time in times:
        agenda.add(time, object())
    taken = []
    while turn := agenda.take(now):
        taken.append(turn[0])
    assert taken == sorted(time for time in times if time <= now)
    assert len(taken) + len(list(iter(lambda: agenda.take(100), None))) == len(times)
