"""A beat that does not drift, and tasks whose bugs are seen."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

from sidecar.tasks import Beat, spawn


async def test_a_beat_does_not_drift_with_the_work_between() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    beat = Beat(0.02)
    moments = []
    for _ in range(10):
        await beat.wait()
        moments.append(loop.time() - began)
        await asyncio.sleep(0.015)
    assert all(moment >= 0.02 * number - 0.002 for number, moment in enumerate(moments))
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
    assert loop.time() - stalled >= 0.03


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
