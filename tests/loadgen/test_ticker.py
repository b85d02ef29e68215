"""Nothing is sent before it is due, everything is sent, in order."""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic

import pytest

from loadgen import ticker
from loadgen.alarm import alarm
from loadgen.ticker import Ticker, follow


@pytest.fixture(autouse=True, params=["timerfd", "loop"])
def timer(request, monkeypatch) -> None:
    if request.param == "loop":
        monkeypatch.setattr(ticker, "_TimerFd", ticker._LoopTimer)


async def test_a_plan_is_followed_in_order_and_never_early():
    done = []
    begin = monotonic()
    plan = [(number / 2000, number) for number in range(300)]
    await follow(begin, iter(plan), lambda due, what: done.append((due, what, monotonic())))
    assert [(due - begin, what) for due, what, _ in done] == [
        (pytest.approx(due), what) for due, what in plan
    ]
    assert all(now >= due for due, _, now in done)


async def test_what_is_overdue_lets_others_run_in_between():
    ran: list[str] = []
    asyncio.get_running_loop().call_later(0.01, ran.append, "other")
    await follow(monotonic() - 1, ((0.0, None) for _ in range(10_000)), lambda *_: ran.append("send"))
    assert ran.count("send") == 10_000
    assert "other" in ran[:-1]


async def test_it_sleeps_until_it_is_woken():
    calls = []

    def act() -> float:
        calls.append(monotonic())
        return inf

    made = Ticker(act)
    await asyncio.sleep(0.1)
    assert len(calls) == 1
    made.wake()
    await asyncio.sleep(0.1)
    assert len(calls) == 2
    made.close()
    await asyncio.sleep(0.05)
    assert len(calls) == 2


async def test_a_bug_in_a_callback_is_an_alarm():
    with alarm() as bug:
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await bug
