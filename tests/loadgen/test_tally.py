from __future__ import annotations

from copy import deepcopy

import msgspec
import pytest
from hypothesis import given

from loadgen.tally import Counts, Operation, Tally, together
from support.loads import tallies


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


def test_what_did_not_happen_takes_no_room_in_a_file():
    assert msgspec.json.encode(Counts()) == b'{"response":{},"service":{},"lag":{}}'


def test_nothing_wrong_is_no_kind_of_error():
    tally = Tally()
    tally.error("something", 0)
    assert tally.errors == {}


def test_two_tallies_share_nothing():
    Tally().error("one")
    Tally().accounts[Operation.PING].sent += 1
    assert Tally() == Tally(accounts={operation: Counts() for operation in Operation}, errors={})


@pytest.mark.parametrize(
    ("shares", "whole"), [((None, None), None), ((0.5, None), 0.5), ((None, 0.2), 0.2), ((0.3, 0.9), 0.9)]
)
def test_of_several_workers_the_busiest_is_the_one_that_counts(
    shares: tuple[float | None, float | None], whole: float | None
):
    both = joined(*(Tally(busiest=one, cpu=1.5) for one in shares))
    assert (both.busiest, both.cpu) == (whole, 3.0)


@given(tallies())
def test_operations_can_be_taken_together(tally: Tally):
    both = together(tally, (Operation.LIST, Operation.ECHO))
    assert both.sent == tally.accounts[Operation.LIST].sent + tally.accounts[Operation.ECHO].sent
    assert both.response.total == both.answered
