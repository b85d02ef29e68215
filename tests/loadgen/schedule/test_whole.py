"""The schedule is known before the run, in order, and the same whoever computes it."""

from __future__ import annotations

import heapq
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.scenario.acts import Act
from loadgen.scenario.behaviours import Duplicate, Echo, Leaver, Listener, Lister, Pair, Returner
from loadgen.scenario.plan import Plan
from loadgen.scenario.spans import Span
from loadgen.scenario.stages import Ramp, Stage
from loadgen.schedule.events import Event, Shard
from loadgen.schedule.whole import schedule
from support.plans import plans, seeds


@given(plans, st.integers(1, 6))
def test_the_shards_together_are_the_schedule_to_the_bit_for_any_number_of_them(plan: Plan, of: int) -> None:
    whole = list(schedule(plan))
    parts = [list(schedule(plan, Shard(i, of))) for i in range(of)]
    assert list(heapq.merge(*parts)) == whole
    assert all(client % of == i for i, part in enumerate(parts) for _, client, *_ in part)


@given(plans)
def test_the_same_seed_is_the_same_schedule_and_all_is_in_order(plan: Plan) -> None:
    first = list(schedule(plan))
    assert list(schedule(plan)) == first
    assert all(one[:2] <= other[:2] for one, other in pairwise(first))


@given(plans)
def test_every_client_connects_once_and_nothing_happens_after_the_end(plan: Plan) -> None:
    events = list(schedule(plan))
    connects = [client for _, client, act, *_ in events if act is Act.CONNECT]
    assert sorted(connects) == list(range(plan.ramping))
    end = plan.begin + plan.duration
    assert all(0 <= due <= end * (1 + 1e-9) for due, *_ in events)
    assert all(0 <= client < plan.clients for _, client, *_ in events)


@given(plans, st.floats(0, 1000))
def test_the_stages_begin_where_they_are_told_to(plan: Plan, begin: float) -> None:
    sends = {Act.LIST, Act.DISCOVERY, Act.ECHO, Act.RELAY}
    planned = [event for event in schedule(plan) if event[2] in sends]
    moved = [event for event in schedule(plan, begin=begin) if event[2] in sends]
    assert sorted(event[1:4] for event in moved) == sorted(event[1:4] for event in planned)
    assert all(due >= begin for due, *_ in moved)


def plan_of(*mix: object, clients: int = 60, **more: object) -> Plan:
    stages = (Stage(duration=20.0, rate=30.0),)
    return Plan(seed=7, clients=clients, mix=mix, stages=stages, **more)  # type: ignore[arg-type]


def of(plan: Plan, *acts: Act) -> list[Event]:
    return [event for event in schedule(plan) if event[2] in acts]


def test_another_seed_is_another_schedule() -> None:
    one, other = (list(schedule(Plan(seed=seed))) for seed in (1, 2))
    assert one != other
    assert len(one) == len(other)


def test_the_schedule_of_a_seed_is_what_it_always_was() -> None:
    """A change here makes earlier runs incomparable: it belongs into the changelog."""
    mix = (Lister(weight=2.0), Pair(size=Span(10, 20)), Returner(after=Span(1, 2), away=Span(0.1, 0.5)))
    plan = Plan(
        seed=1,
        clients=8,
        mix=mix,
        ramp=Ramp(shape="poisson", rate=4.0),
        stages=(Stage(duration=2.0, rate=2.0, to=4.0),),
    )
    assert [(round(due, 9), *rest) for due, *rest in schedule(plan)] == GOLDEN


GOLDEN: list[object] = [
    (0.135467016, 3, "connect", None, None),
    (0.252862009, 7, "connect", None, None),
    (0.534403876, 5, "connect", None, None),
    (0.816497247, 1, "connect", None, None),
    (0.850064348, 2, "connect", None, None),
    (1.380012096, 4, "connect", None, None),
    (1.532767861, 6, "connect", None, None),
    (1.85907619, 0, "connect", None, None),
    (2.380012096, 4, "vpn", None, 3),
    (4.149915559, 7, "list", None, None),
    (4.785955994, 6, "list", None, None),
    (4.876666566, 5, "list", None, None),
    (5.171592522, 4, "relay", 11, 3),
    (5.36816873, 2, "drop", None, None),
    (5.652554116, 1, "drop", None, None),
    (5.738924866, 3, "relay", 18, 4),
    (5.866447628, 2, "return", None, None),
    (5.881605365, 0, "list", None, None),
    (5.903612343, 1, "return", None, None),
]


def test_leavers_leave_once_after_the_begin_of_the_stages() -> None:
    plan = plan_of(Lister(), Leaver(after=Span(5, 10), code=1006))
    gone = of(plan, Act.LEAVE, Act.DROP)
    assert len({client for _, client, *_ in gone}) == len(gone) == plan.counts[1] == 30
    assert {act for _, _, act, *_ in gone} == {Act.DROP}
    assert all(plan.begin + 5 <= due <= plan.begin + 10 for due, *_ in gone)
    assert max(gone)[0] - min(gone)[0] > 4


def test_returners_go_and_come_in_turn_with_their_pauses() -> None:
    plan = plan_of(Lister(), Returner(after=Span(1, 2), away=Span(3, 4), times=3, code=1000))
    moves: dict[int, list[Event]] = {}
    for event in of(plan, Act.LEAVE, Act.DROP, Act.RETURN):
        moves.setdefault(event[1], []).append(event)
    assert len(moves) == 30
    for events in moves.values():
        assert [act for _, _, act, *_ in events] == [Act.LEAVE, Act.RETURN] * 3
        stays = [plan.begin, *(due for due, *_ in events)]
        for i, (one, other) in enumerate(pairwise(stays)):
            least, most = (3, 4) if i % 2 else (1, 2)
            assert least - 1e-9 <= other - one <= most + 1e-9


def test_duplicates_come_late_with_the_identity_of_somebody_who_was_in_the_ramp() -> None:
    plan = plan_of(Listener(), Duplicate(weight=0.5, after=Span(2, 6)), ramp=Ramp(rate=20.0))
    late = of(plan, Act.DUPLICATE)
    assert [client for _, client, *_ in sorted(late, key=lambda event: event[1])] == list(range(40, 60))
    assert len({peer for *_, peer in late}) > 10
    assert all(peer is not None and 0 <= peer < 40 for *_, peer in late)
    assert all(plan.begin + 2 <= due <= plan.begin + 6 for due, *_ in late)


def test_of_a_pair_one_asks_when_both_are_there_and_both_speak() -> None:
    plan = plan_of(Pair(asks=Span(1, 2), size=Span(100, 200)), ramp=Ramp(rate=10.0))
    connects = {client: due for due, client, *_ in of(plan, Act.CONNECT)}
    asks = of(plan, Act.VPN)
    partner: dict[int, int | None] = {client: peer for _, client, _, _, peer in asks}
    assert len(partner) == 30
    for due, client, _, _, peer in asks:
        assert peer is not None
        there = max(connects[client], connects[peer])
        assert there + 1 <= due <= there + 2
        partner[peer] = client
    relayed = of(plan, Act.RELAY)
    assert len(relayed) == 600
    assert {client for _, client, *_ in relayed} == set(range(60))
    assert all(partner[client] == peer for _, client, _, _, peer in relayed)
    sizes = [size for *_, size, _ in relayed if size is not None]
    assert (min(sizes), max(sizes)) == (100, 200)
    assert abs(sum(sizes) / len(sizes) - 150) < 5


def test_the_first_of_a_larger_group_sends_each_message_to_all_at_once() -> None:
    plan = plan_of(Pair(partners=5))
    relayed = of(plan, Act.RELAY)
    assert len(relayed) == 600 * 5
    for i in range(0, len(relayed), 5):
        together = relayed[i : i + 5]
        assert len({(due, client) for due, client, *_ in together}) == 1
        assert len({peer for *_, peer in together}) == 5


@pytest.mark.parametrize("behaviour", [Lister(think=Span(1, 3)), Echo(think=Span(1, 3), size=Span(0, 10))])
def test_who_thinks_has_a_pace_of_its_own_and_takes_no_part_in_the_rate(behaviour: object) -> None:
    plan = plan_of(behaviour)
    sent: dict[int, list[float]] = {}
    sizes = set()
    for due, client, _, size, _ in of(plan, Act.LIST, Act.ECHO):
        sent.setdefault(client, []).append(due)
        sizes.add(size)
    assert sizes == (set(range(11)) if isinstance(behaviour, Echo) else {None})
    assert len(sent) == 60
    gaps = [later - earlier for dues in sent.values() for earlier, later in pairwise(dues)]
    assert all(1 - 1e-9 <= gap <= 3 + 1e-9 for gap in gaps)
    assert abs(sum(gaps) / len(gaps) - 2) < 0.1
    assert all(plan.begin <= dues[0] <= plan.begin + 3 for dues in sent.values())


@settings(max_examples=20)
@given(seeds)
def test_a_turn_comes_to_everybody_before_it_comes_again(seed: int) -> None:
    plan = Plan(seed=seed, clients=50, stages=(Stage(duration=10.0, rate=25.0),))
    senders = [client for _, client, act, *_ in schedule(plan) if act is Act.LIST]
    assert len(senders) == 250
    for i in range(0, 250, 50):
        assert sorted(senders[i : i + 50]) == list(range(50))
    assert senders[:50] != senders[50:100]
