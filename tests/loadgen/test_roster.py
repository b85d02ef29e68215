from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadgen.roster import Roster


@given(st.lists(st.integers(0, 9)), st.floats(0, 1, exclude_max=True))
def test_it_is_a_set_from_which_a_member_can_be_picked(moves: list[int], share: float):
    roster: Roster[int] = Roster()
    members: set[int] = set()
    for move in moves:
        if move in members:
            roster.remove(move)
        else:
            roster.add(move)
        members ^= {move}
    assert set(roster) == members
    assert len(roster) == len(members)
    assert all((number in roster) == (number in members) for number in range(10))
    assert roster.pick(share) in (members or {None})


@given(st.integers(1, 50))
def test_every_member_has_its_share(count: int):
    roster: Roster[int] = Roster()
    for number in range(count):
        roster.add(number)
    assert {roster.pick((number + 0.5) / count) for number in range(count)} == set(range(count))
