"""A generator that is late must say so itself, and must not blame the server."""

from __future__ import annotations

import asyncio
import gc
import time

from hypothesis import given
from hypothesis import strategies as st

from loadgen.engine import Engine
from loadgen.ledger import Ledger
from loadgen.selfwatch import Processor, settle, share, short_collections, until, watch
from loadgen.tally import Operation
from loadgen.verdict import Word, judge
from support.loads import flat


async def test_waiting_is_never_too_short():
    for ahead in (0.0, 0.0002, 0.003):
        due = time.monotonic() + ahead
        await until(due)
        assert time.monotonic() >= due


async def test_who_is_late_lets_others_run():
    ran = []
    asyncio.get_running_loop().call_soon(ran.append, 1)
    await until(time.monotonic() - 1)
    assert ran


async def test_a_stall_counts_for_each_moment_that_it_swallowed():
    ledger = Ledger()
    watching = asyncio.create_task(watch(ledger))
    await asyncio.sleep(0.05)
    time.sleep(0.3)  # noqa: ASYNC251 - the stall
    await asyncio.sleep(0.05)
    watching.cancel()
    lag = ledger.turn().loop_lag
    assert lag.total >= 35
    assert lag.max >= 0.28
    assert (lag.percentile(75) or 0) > 0.1


async def test_a_frozen_generator_is_an_invalid_run(talk):
    async def script(talk) -> None:
        await talk.register()
        await talk.serve()

    plan = flat(url=await talk(script), clients=5, ramp=100, duration=1.5, rate=100)
    freezes = iter((0.4,))  # in the holding, however long it took to get there
    outcome = await Engine(plan, on_second=lambda _: time.sleep(next(freezes, 0.0))).run()
    verdict = judge(outcome)
    assert verdict.word is Word.INVALID
    assert any(reason.startswith("the generator sent its messages late") for reason in verdict.reasons)
    assert outcome.tally.errors == {}


def test_collections_are_short_and_garbage_collection_is_given_back():
    class Ring:
        def __init__(self) -> None:
            self.me = self

    before = gc.get_freeze_count()
    ledger = Ledger()
    with short_collections(ledger) as collect:
        assert not gc.isenabled()
        collect()
        assert gc.get_freeze_count() > before
        for _ in range(100):
            Ring()
        assert gc.collect() >= 100, "what is new is still collected"
    assert gc.isenabled()
    assert ledger.turn().collections.total == 2
    gc.collect()
    assert ledger.turn().collections.total == 0, "the eye is taken off again"
    assert gc.get_freeze_count() == 0


def test_what_starting_up_left_is_no_part_of_later_collections():
    before = gc.get_freeze_count()
    settle()
    try:
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


async def test_what_was_noted_is_counted_while_the_run_goes_on():
    ledger = Ledger()
    account = ledger.accounts[Operation.LIST]
    for _ in range(10_500):
        account.sent(0.0, 0.001)
    watching = asyncio.create_task(watch(ledger))
    await asyncio.sleep(0.1)
    watching.cancel()
    assert not ledger.fold(), "all whole pieces are counted"
    assert ledger.turn().accounts[Operation.LIST].sent == 10_500


def test_a_share_of_a_core_is_known_after_five_turns():
    processor = Processor()
    turns = []
    for _ in range(6):
        began = time.monotonic()
        while time.monotonic() - began < 0.02:
            pass
        turns.append(processor.turn())
    assert [known is None for _, known in turns] == [True] * 4 + [False] * 2
    assert all(0 < cpu < 1 for cpu, _ in turns)
    assert 0 < (turns[-1][1] or 0) < 1.2


@given(st.lists(st.tuples(st.floats(0.1, 10), st.floats(0, 10)), min_size=1, max_size=6))
def test_a_share_is_all_processor_time_over_all_time(steps: list[tuple[float, float]]):
    marks = [(100.0, 7.0)]
    for wall, cpu in steps:
        marks.append((marks[-1][0] + wall, marks[-1][1] + cpu))
    found = share(marks)
    assert found is not None
    assert abs(found - sum(cpu for _, cpu in steps) / sum(wall for wall, _ in steps)) < 1e-6


def test_the_share_of_no_time_is_unknown():
    assert share([(1.0, 1.0), (1.0, 2.0)]) is None
