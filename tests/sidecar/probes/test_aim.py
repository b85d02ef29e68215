"""One task for one aim, in order; and no bug dies unseen."""

from __future__ import annotations

import asyncio

from sidecar.core.nouns import Identity
from sidecar.probes.aim import Aim, why

ONE, TWO, THREE = (Identity(pid, 1) for pid in (1, 2, 3))


async def test_the_old_work_has_ended_before_the_new_begins() -> None:
    told: list[str] = []

    async def work(identity: Identity) -> None:
        told.append(f"begin {identity.pid}")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.02)
            told.append(f"end {identity.pid}")

    aim = Aim(work, "test")
    aim.at(ONE)
    aim.at(ONE)
    await asyncio.sleep(0.01)
    aim.at(TWO)
    await asyncio.sleep(0)
    aim.at(None)
    aim.at(THREE)
    await asyncio.sleep(0.05)
    await aim.close()
    assert told == ["begin 1", "end 1", "begin 3", "end 3"]
    aim.at(ONE)
    await asyncio.sleep(0.01)
    await aim.close()
    assert told[-2:] == ["begin 1", "end 1"]


async def test_a_bug_in_the_work_reaches_the_loops_handler() -> None:
    seen: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))

    async def work(_identity: Identity) -> None:
        raise ZeroDivisionError

    aim = Aim(work, "test")
    aim.at(ONE)
    await asyncio.sleep(0.01)
    assert [type(context["exception"]) for context in seen] == [ZeroDivisionError]
    await aim.close()


def test_an_error_is_told_in_the_shortest_words_there_are() -> None:
    assert why(ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 9090)")) == "Connection refused"
    assert why(ValueError("what")) == "what"
    assert why(TimeoutError()) == "TimeoutError"


def test_an_error_is_one_line() -> None:
    assert why(ValueError("400, message='Bad status line:\n\n  b\"SSH\"\n     ^'")) == (
        "400, message='Bad status line: b\"SSH\" ^'"
    )
