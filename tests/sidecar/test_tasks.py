"""A beat that does not drift, and tasks whose bugs are seen."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial
from itertools import pairwise

import pytest

from sidecar.tasks import Beat, OneThread, Tasks, spawn, until_calm


async def test_a_beat_does_not_drift_with_the_work_between() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    beat = Beat(0.02)
    moments = []
    for _ in range(10):
        await beat.wait()
        moments.append(loop.time() - began)
        await asyncio.sleep(0.015)
    assert all(moment >= 0.02 * number - 0.012 for number, moment in enumerate(moments))
    assert (
        min(after - before for before, after in pairwise(moments)) < 0.03
    )  # with drift: 0.035, each of them


async def test_missed_beats_are_skipped() -> None:
    loop = asyncio.get_running_loop()
    beat = Beat(0.02)
    await beat.wait()
    time.sleep(0.2)  # noqa: ASYNC251 - a stall of the whole loop
    stalled = loop.time()
    await beat.wait()
    await beat.wait()
    await beat.wait()
    assert loop.time() - stalled >= 0.025


async def test_beats_fall_together_whenever_they_began() -> None:
    loop = asyncio.get_running_loop()

    async def third(pause: float) -> float:
        await asyncio.sleep(pause)
        beat = Beat(0.2)
        for _ in range(3):
            await beat.wait()
        return loop.time()

    moments = await asyncio.gather(third(0.0), third(0.03), third(0.15))
    assert all((moment + 0.05) % 0.2 < 0.1 for moment in moments)


async def test_calls_that_block_are_made_in_order_and_what_they_raise_is_raised() -> None:
    thread = OneThread("test")
    made: list[int] = []
    calls = [thread.call(partial(made.append, number)) for number in range(3)]
    failing = thread.call(lambda: 1 / 0)
    calls.append(thread.call(partial(made.append, 3)))
    await asyncio.gather(*calls)
    assert made == [0, 1, 2, 3]
    with pytest.raises(ZeroDivisionError):
        await failing


async def test_a_call_that_never_returns_holds_up_those_behind_it_and_these_can_be_taken_back() -> None:
    thread, stuck = OneThread("test"), threading.Event()
    made: list[str] = []
    first = thread.call(partial(stuck.wait, 20))
    second, third = thread.call(partial(made.append, "second")), thread.call(partial(made.append, "third"))
    second.cancel()
    await asyncio.sleep(0.05)
    assert not third.done()
    stuck.set()
    await asyncio.gather(first, third)
    assert made == ["third"]


async def test_the_thread_ends_with_what_it_was_for() -> None:
    before = threading.active_count()
    thread = OneThread("test")
    assert await thread.call(lambda: threading.current_thread().daemon)
    del thread
    async with asyncio.timeout(20):
        while threading.active_count() > before:
            await asyncio.sleep(0.01)


async def test_a_cancelled_task_is_no_bug_and_a_failed_one_is() -> None:
    seen: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))

    async def fails() -> None:
        raise ZeroDivisionError

    async def waits() -> None:
        await asyncio.Event().wait()

    failed, waiting = spawn(fails(), "failing"), spawn(waits(), "waiting")
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait({failed, waiting})
    await asyncio.sleep(0)
    assert [context["message"] for context in seen] == ["task failing failed"]


async def test_what_is_under_way_ends_with_its_owner_and_nothing_is_kept_of_what_is_over() -> None:
    tasks, ends = Tasks(), list[str]()

    async def wait(name: str, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        finally:
            ends.append(name)

    await tasks.spawn(wait("short", 0.0), "short")
    long = tasks.spawn(wait("long", 60.0), "long")
    await asyncio.sleep(0)
    await tasks.close()
    assert (ends, long.cancelled()) == (["short", "long"], True)
    assert tasks._running == set()


@pytest.mark.parametrize("interval", [0.05, 2.0, 10.0])
def test_the_calm_after_a_beat_is_never_more_than_a_beat_away(interval: float) -> None:
    before, wait, after = time.monotonic(), until_calm(interval), time.monotonic()
    assert 0 < wait <= interval
    beat = round((before + wait - 0.06) / interval) * interval
    assert before + wait - 1e-6 <= beat + 0.06 <= after + wait + 1e-6
