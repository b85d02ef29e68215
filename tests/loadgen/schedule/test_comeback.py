"""When a lost client tries again: by the plan, the seed, and nobody else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadgen.roles.returns import Returns
from loadgen.scenario.comeback import Return
from loadgen.scenario.plan import Plan
from loadgen.schedule.comeback import Waits
from support.plans import comebacks, seeds

clients = st.integers(0, 2**20 - 1)
counts = st.integers(0, 10_000)


@given(seeds, comebacks, clients, counts, counts)
def test_a_wait_doubles_up_to_the_longest_and_is_longer_by_chance(
    seed: int, plan: Return, client: int, failed: int, tried: int
) -> None:
    wait = Waits(seed, plan).wait(client, failed, tried)
    shortest = min(plan.first * 2 ** min(failed, 30), plan.most)
    assert shortest <= wait <= shortest * (1 + plan.jitter)
    assert wait == Waits(seed, plan).wait(client, failed, tried)


def test_the_defaults_are_the_real_client_s() -> None:
    waits = Waits(1, Return(jitter=0.0))
    assert [waits.wait(7, failed, failed) for failed in range(4)] == [5.0, 10.0, 10.0, 10.0]


def test_no_two_clients_try_at_one_moment_nor_one_twice_after_the_same_wait() -> None:
    waits = Waits(1, Return())
    assert len({waits.wait(client, 0, 0) for client in range(1000)}) == 1000
    assert len({waits.wait(7, 5, tried) for tried in range(1000)}) == 1000


@given(
    seeds, comebacks, st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=40), st.integers(1, 4)
)
def test_shards_let_the_same_clients_come_at_the_same_moments(
    seed: int, plan: Return, story: list[tuple[int, bool]], shards: int
) -> None:
    """Each step: this client is lost, or has failed again; or it is back."""

    def told(only: int | None) -> list[tuple[float, int]]:
        came: list[tuple[float, int]] = []
        returns = Returns(Plan(seed=seed, comeback=plan), lambda due, who: came.append((due, who)))
        for at, (client, back) in enumerate(story):
            if only is None or client % shards == only:
                if back:
                    returns.back(client)
                else:
                    returns.lost(client, float(at))
        for at in (*range(200), 1e6):
            returns.tick(at)
        return came

    assert sorted(told(None)) == sorted(one for shard in range(shards) for one in told(shard))


def test_who_is_lost_is_lost_once_and_back_once() -> None:
    returns = Returns(Plan(seed=1, comeback=Return()), lambda *_: None)
    assert [returns.lost(3, 0.0), returns.lost(3, 1.0), returns.back(3), returns.back(3)] == [
        False,
        True,
        True,
        False,
    ]
    assert not returns.lost(3, 2.0)


def test_nobody_comes_back_where_the_plan_does_not_say_so() -> None:
    came: list[int] = []
    returns = Returns(Plan(seed=1), lambda _, who: came.append(who))
    returns.lost(3, 0.0)
    returns.tick(1e6)
    assert (returns.wanted, came) == (False, [])
