"""Each client has one role, and each role one client, whoever asks."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from loadgen.scenario.behaviours import Actor, Cloud, Duplicate, Listener, Pair
from loadgen.scenario.plan import Plan
from loadgen.scenario.spans import Span
from loadgen.schedule.cast import Cast
from loadgen.schedule.chance import Shuffle, hashed, key, share
from loadgen.schedule.parts import identity, part
from loadgen.schedule.whole import schedule
from support.plans import plans, seeds


@given(plans)
def test_roles_and_clients_are_the_same_thing_and_as_many_as_the_plan_says(plan: Plan) -> None:
    cast = Cast(plan)
    roles = [cast.role(client) for client in range(plan.clients)]
    assert [cast.client(*role) for role in roles] == list(range(plan.clients))
    counts = Counter(behaviour for behaviour, _ in roles)
    assert tuple(counts[i] for i in range(len(plan.mix))) == plan.counts
    late = [client for client in range(plan.clients) if isinstance(cast.behaviour(client), Duplicate)]
    assert late == list(range(plan.ramping, plan.clients))


@given(plans)
def test_peers_know_each_other_and_one_of_a_group_asks(plan: Plan) -> None:
    cast = Cast(plan)
    for client in range(plan.clients):
        one = cast.behaviour(client)
        if isinstance(one, Pair):
            group = cast.group(client)
            assert len(set(group)) == one.partners + 1
            assert client in group
            assert all(client in cast.peers(peer) for peer in cast.peers(client))
            assert len(cast.peers(client)) == (one.partners if client == group[0] else 1)


@given(plans, st.data())
def test_a_part_is_within_the_plan_and_always_the_same(plan: Plan, data: st.DataObject) -> None:
    client = data.draw(st.integers(0, plan.clients - 1))
    found = part(plan, Cast(plan), client)
    assert found == part(plan, Cast(plan), client)
    one = found.behaviour
    if not isinstance(one, Cloud):
        assert (found.services, found.photos, found.first_ping) == (0, (), None)
        return
    assert one.services.least <= found.services <= one.services.most
    assert (found.first_ping is None) == (one.pings == 0)
    if found.first_ping is not None:
        assert 0 <= found.first_ping < plan.limits.ping_period / one.pings
    if isinstance(one, Actor):
        assert one.actors.least <= len(found.photos) <= one.actors.most
        assert all(one.photo.least <= photo <= one.photo.most for photo in found.photos)


def test_what_is_drawn_for_clients_is_even() -> None:
    plan = Plan(seed=1, clients=4800, mix=(Listener(services=Span(0, 15)),))
    cast = Cast(plan)
    services = Counter(part(plan, cast, client).services for client in range(4800))
    chi_square = sum((services[n] - 300) ** 2 / 300 for n in range(16))
    assert 3 < chi_square < 40  # 15 degrees of freedom: mean 15, standard deviation 5.5


def test_no_two_clients_have_one_identity() -> None:
    assert len({identity(Plan(seed=1), client) for client in range(10_000)}) == 10_000
    assert identity(Plan(seed=1), 5) != identity(Plan(seed=2), 5)
    assert identity(Plan(seed=1), 5) != identity(Plan(seed=1, identities=1), 5)


@given(plans, st.integers(1, 2**32 - 1))
def test_others_do_the_same_at_the_same_moments(plan: Plan, identities: int) -> None:
    others = structs.replace(plan, identities=identities)
    assert list(schedule(plan)) == list(schedule(others))
    assert [part(plan, Cast(plan), n) for n in range(plan.clients)] == [
        part(others, Cast(others), n) for n in range(plan.clients)
    ]


@given(st.integers(1, 500), seeds)
def test_a_shuffle_is_a_permutation_both_ways(size: int, base: int) -> None:
    shuffle = Shuffle(size, base)
    places = [shuffle.place(number) for number in range(size)]
    assert sorted(places) == list(range(size))
    assert [shuffle.number(place) for place in places] == list(range(size))
    assert [number % size for number in shuffle.numbers] == [shuffle.number(place) for place in range(size)]


def test_hashes_are_even_and_change_with_every_bit() -> None:
    base = key(1, "test")
    shares = [share(base, number) for number in range(10_000)]
    tenths = Counter(int(one * 10) for one in shares)
    assert all(0 <= one < 1 for one in shares)
    assert 1 < sum((tenths[n] - 1000) ** 2 / 1000 for n in range(10)) < 28  # 9 degrees of freedom
    flips = [(hashed(base, 12345) ^ hashed(base, 12345 ^ 1 << bit)).bit_count() for bit in range(40)]
    assert 26 < sum(flips) / len(flips) < 38
    assert min(flips) > 12
