"""Every numbered message is accounted for exactly once, in whatever order they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadgen.ledger import Account
from loadgen.roles.numbers import Numbers

steps = st.lists(st.one_of(st.just("send"), st.just("give up"), st.integers(-1, 12)), max_size=60)


@given(steps)
def test_whatever_comes_is_counted_once(script: list[str | int]) -> None:
    numbers, account = Numbers(), Account()
    sent, came, strange, twice, late, backwards, newest = 0, set(), 0, 0, 0, 0, 0
    given_up: set[int] = set()
    for step in script:
        if step == "send":
            sent += 1
            assert numbers.send(0.0, 1.0, account) == sent
        elif step == "give up":
            out = set(range(1, sent + 1)) - came - given_up
            assert numbers.give_up(account) == len(out)
            given_up |= out
        else:
            assert isinstance(step, int)
            known = numbers.receive(step, 2.0, account)
            assert known == (1 <= step <= sent)
            if not known:
                strange += 1
            elif step in given_up and step not in came:
                late += 1
                came.add(step)
            elif step in came:
                twice += 1
            else:
                backwards += step < newest
                newest = max(newest, step)
                came.add(step)
    counts = account.turn()
    assert counts.sent == sent == counts.answered + counts.lost + counts.in_flight
    assert (counts.lost, counts.late, counts.duplicate) == (len(given_up), late, twice)
    assert counts.answered == len(came - given_up)
    assert counts.out_of_order == backwards


def test_times_are_of_the_message_itself() -> None:
    numbers, account = Numbers(), Account()
    first = numbers.send(1.0, 1.5, account)
    second = numbers.send(2.0, 2.0, account)
    assert numbers.receive(second, 5.0, account)
    assert numbers.receive(first, 6.0, account)
    counts = account.turn()
    assert counts.response.max == 5.0
    assert counts.service.max == 4.5
    assert counts.out_of_order == 1
