from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loadgen.pacing import Agenda, connects, messages

rates = st.floats(0.1, 1000)
durations = st.floats(0, 10)
seeds = st.integers(0, 2**32)


@given(st.integers(0, 500), rates, st.floats(0, 20))
def test_connects_keep_their_rate_in_every_stretch_from_the_start(count: int, rate: float, moment: float):
    times = list(connects(count, rate))
    assert len(times) == count
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert abs(sum(time <= moment for time in times) - min(count, moment * rate)) <= 1


@given(rates, durations, seeds, st.floats(0, 1))
def test_messages_keep_their_rate_in_every_stretch_from_the_start(
    rate: float, duration: float, seed: int, part: float
):
    moment = duration * part
    dues = [due for due, _ in messages(rate, duration, seed)]
    assert all(earlier <= later for earlier, later in pairwise(dues))
    assert abs(sum(due <= moment for due in dues) - moment * rate) <= 1 + 1e-6
    assert all(0 <= due <= duration for due in dues)


@given(rates, durations, seeds)
def test_the_same_seed_is_the_same_schedule_to_the_bit(rate: float, duration: float, seed: int):
    assert list(messages(rate, duration, seed)) == list(messages(rate, duration, seed))


def test_another_seed_is_another_schedule():
    assert list(messages(10, 10, seed=1)) != list(messages(10, 10, seed=2))


def test_the_senders_are_spread_over_all():
    tenths = [0] * 10
    for _, share in messages(1000, 10, seed=7):
        tenths[int(share * 10)] += 1
    assert min(tenths) > 900


def test_no_rate_is_no_message():
    assert list(messages(0, 30, seed=1)) == []


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
