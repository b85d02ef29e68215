"""A generator that is late must say so itself, and must not blame the server."""

from __future__ import annotations

import asyncio
import gc
import time

from loadgen.engine import Engine
from loadgen.plan import Plan
from loadgen.selfwatch import short_collections, until, watch
from loadgen.tally import Ledger
from loadgen.verdict import Word, judge


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
    lag = ledger.now.loop_lag
    assert lag.total >= 35
    assert lag.max >= 0.28e9
    assert (lag.percentile(75) or 0) > 0.1


async def test_a_frozen_generator_is_an_invalid_run(talk):
    async def script(talk) -> None:
        await talk.register()
        await talk.serve()

    plan = Plan(seed=1, url=await talk(script), connections=5, ramp=100, duration=1.5, rate=100)
    asyncio.get_running_loop().call_later(0.6, time.sleep, 0.4)
    outcome = await Engine(plan, on_second=lambda _: None).run()
    verdict = judge(outcome)
    assert verdict.word is Word.INVALID
    assert any(reason.startswith("the generator sent its messages late") for reason in verdict.reasons)
    assert outcome.tally.errors == {}


def test_collections_are_short_and_garbage_collection_is_given_back():
    class Ring:
        def __init__(self) -> None:
            self.me = self

    before = gc.get_freeze_count()
    with short_collections() as collect:
        assert not gc.isenabled()
        collect()
        assert gc.get_freeze_count() > before
        for _ in range(100):
            Ring()
        assert gc.collect() >= 100, "what is new is still collected"
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
