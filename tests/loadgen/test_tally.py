from __future__ import annotations

from copy import deepcopy

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from loadgen.tally import Account, Ledger, Operation, Tally

operations = st.sampled_from(list(Operation))
times = st.floats(0, 100)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    tally = Tally()
    for operation, due, wait, answer in draw(
        st.lists(st.tuples(operations, times, times, times), max_size=8)
    ):
        tally.scheduled(operation)
        tally.sent(operation, due, due + wait)
        tally.answered(operation, due, due + wait, due + wait + answer)
    for operation in draw(st.lists(operations, max_size=4)):
        tally.lost(operation)
        tally.unsent(operation)
    for kind in draw(st.lists(st.sampled_from("abc"), max_size=4)):
        tally.error(kind, 2)
    tally.loop_lag.record(draw(times))
    return tally


def joined(*parts: Tally) -> Tally:
    whole = Tally()
    for part in parts:
        whole.add(part)
    return whole


@given(tallies(), tallies(), tallies())
def test_adding_up_knows_no_order_and_changes_no_part(one: Tally, two: Tally, three: Tally):
    before = deepcopy((one, two, three))
    assert joined(one, two, three) == joined(three, one, two) == joined(joined(one, two), three)
    assert (one, two, three) == before


@given(tallies())
def test_it_survives_a_file(tally: Tally):
    assert msgspec.json.decode(msgspec.json.encode(tally), type=Tally) == tally


def test_latency_counts_from_the_moment_a_message_was_due_beside_the_service_time_and_the_lag():
    tally = Tally()
    tally.sent(Operation.LIST, due=10.0, now=10.5)
    tally.answered(Operation.LIST, due=10.0, sent=10.5, now=12.0)
    account = tally.accounts[Operation.LIST]
    assert account.response.percentile(100) == 2.0
    assert account.service.percentile(100) == 1.5
    assert account.lag.percentile(100) == 0.5


@given(st.lists(st.sampled_from(["answer", "lose", "wait"])))
def test_what_was_sent_is_answered_lost_or_in_flight(fates: list[str]):
    tally = Tally()
    for fate in fates:
        tally.sent(Operation.LIST, 0.0, 0.0)
        if fate == "answer":
            tally.answered(Operation.LIST, 0.0, 0.0, 1.0)
        elif fate == "lose":
            tally.lost(Operation.LIST)
    account = tally.accounts[Operation.LIST]
    assert account.in_flight == fates.count("wait")
    assert account.sent == account.answered + account.lost + account.in_flight


def test_nothing_wrong_is_no_kind_of_error():
    tally = Tally()
    tally.error("something", 0)
    assert tally.errors == {}


@given(st.lists(tallies(), max_size=4))
def test_a_ledgers_total_is_the_sum_of_its_seconds(parts: list[Tally]):
    ledger = Ledger()
    seconds = []
    for part in parts:
        ledger.now.add(part)
        seconds.append(ledger.turn())
    assert ledger.now == Tally()
    assert ledger.total() == joined(*seconds) == joined(*parts)


def test_two_tallies_share_nothing():
    Tally().error("one")
    Tally().accounts[Operation.PING].sent += 1
    assert Tally() == Tally(accounts={operation: Account() for operation in Operation}, errors={})
