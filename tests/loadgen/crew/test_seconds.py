from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadgen.crew.seconds import Seconds
from loadgen.results import Second
from loadgen.tally import Operation, Tally


def second(at: float, messages: int = 1, phase: str = "holding", registered: int = 1) -> Second:
    tally = Tally()
    tally.accounts[Operation.LIST].scheduled += messages
    return Second(at=at, phase=phase, registered=registered, tally=tally)


def scheduled(found: Second) -> int:
    return found.tally.accounts[Operation.LIST].scheduled


def test_a_second_is_given_when_all_have_told_theirs():
    seconds = Seconds(range(2))
    seconds.take(0, second(1.0, messages=2, phase="ramping up", registered=5))
    assert seconds.give() is None
    seconds.take(1, second(1.2, messages=3, registered=7))
    found = seconds.give()
    assert found is not None
    assert (found.at, found.phase, found.registered, scheduled(found)) == (1.2, "ramping up", 12, 5)
    assert seconds.give() is None


def test_who_is_no_more_is_not_awaited():
    seconds = Seconds(range(2))
    seconds.take(0, second(1.0, registered=5))
    seconds.take(0, second(2.0, registered=6))
    seconds.take(1, second(1.0, registered=7))
    seconds.no_more(1, lost=True)
    found = [seconds.give(), seconds.give(), seconds.give()]
    assert [one and (one.at, one.registered) for one in found] == [(1.0, 6), (2.0, 6), None]


def test_what_comes_too_late_is_in_the_next():
    seconds = Seconds(range(2))
    seconds.take(0, second(1.0, messages=1))
    assert seconds.behind == 1
    first = seconds.give(patient=False)
    seconds.take(1, second(1.0, messages=10))
    seconds.take(0, second(2.0, messages=100))
    assert seconds.give() is None
    second_one = seconds.give(patient=False)
    assert first is not None
    assert second_one is not None
    assert (scheduled(first), scheduled(second_one)) == (1, 110)


@given(st.lists(st.tuples(st.sampled_from("tgin"), st.integers(0, 2)), max_size=60))
def test_whatever_comes_in_goes_out_once_and_in_order(steps: list[tuple[str, int]]):
    seconds = Seconds(range(3))
    taken, over, given_out = [0, 0, 0], set(), []
    for what, worker in steps:
        if what == "t" and worker not in over:
            taken[worker] += 1
            seconds.take(worker, second(float(taken[worker])))
        elif what == "n":
            over.add(worker)
            seconds.no_more(worker, lost=taken[worker] % 2 == 1)
        elif what in "gi":
            given_out.append(seconds.give(patient=what == "g"))
    for worker in range(3):
        seconds.no_more(worker)
    while seconds.behind:
        given_out.append(seconds.give())
    told = [one for one in given_out if one is not None]
    assert sum(map(scheduled, told)) == sum(taken)
    assert [one.at for one in told] == sorted(one.at for one in told)
    assert len(told) <= max(taken) + sum(taken)
    assert seconds.give() is None
