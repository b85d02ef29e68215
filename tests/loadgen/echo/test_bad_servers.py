"""`loadgen echo` against bad servers: each has its own name, nothing hangs, everything is accounted for."""

from __future__ import annotations

import asyncio

import pytest

from loadgen import trouble
from loadgen.engine import Engine
from loadgen.outcome import Outcome
from loadgen.tally import Operation
from loadgen.verdict import Word, judge
from support.lies import AFTER, BEFORE, WITHIN, Lie, accounted, key, until_left, upgrade, upgraded
from support.loads import echoes

CLIENTS = 3
BAD = {Word.FAIL, Word.INVALID}
"""The latter where other tests keep the machine busy."""


async def run(url: str, **changes: float) -> Outcome:
    plan = {"clients": CLIENTS, "ramp": 1000, "rate": 0, "duration": 0.5, "registered_within": 1.0}
    plan |= {"answered_within": 0.3, "closed_within": 0.5}
    async with asyncio.timeout(WITHIN):
        outcome = await Engine(echoes(url=url, **plan | changes), on_second=lambda _: None).run()
    accounted(outcome)
    return outcome


@pytest.mark.parametrize("lie", BEFORE, ids=lambda lie: lie.name)
async def test_who_never_comes_to_a_websocket(raw, lie: Lie):
    outcome = await run(await raw(lie.handler))
    assert outcome.tally.errors == {lie.kind: CLIENTS}
    assert (outcome.clients.failed, outcome.clients.registered) == (CLIENTS, 0)
    assert judge(outcome, "open").word in BAD


@pytest.mark.parametrize("lie", AFTER, ids=lambda lie: lie.name)
async def test_who_upgrades_and_lies(raw, lie: Lie):
    outcome = await run(await raw(lie.handler), duration=60)
    assert outcome.tally.errors == {lie.kind: CLIENTS}
    assert (outcome.clients.lost, outcome.clients.registered) == (CLIENTS, CLIENTS)
    assert judge(outcome, "open").word in BAD


async def test_whose_queue_is_full(full: str):
    outcome = await run(full)
    assert outcome.tally.errors == {trouble.NO_CONNECTION: CLIENTS}
    assert (outcome.clients.failed, outcome.tally.accounts[Operation.TCP].lost) == (CLIENTS, CLIENTS)


async def test_who_refuses(closed_port: int):
    outcome = await run(f"ws://127.0.0.1:{closed_port}/")
    assert outcome.tally.errors == {trouble.CONNECTION_REFUSED: CLIENTS}


async def test_a_frame_that_never_ends(raw):
    outcome = await run(await raw(upgraded(b"\x82\x7e\x01\x00only this")), rate=100)
    echo = outcome.tally.accounts[Operation.ECHO]
    assert outcome.tally.errors == {trouble.UNANSWERED[Operation.ECHO]: 50}
    assert (echo.sent, echo.in_flight, outcome.clients.aborted) == (50, 50, CLIENTS)


async def test_answers_a_byte_a_second(raw):
    async def drips(reader, writer) -> None:
        writer.write(upgrade(await key(reader)))
        leaving = asyncio.ensure_future(until_left(reader))
        while not leaving.done():
            writer.write(b"\x82")
            await asyncio.wait((leaving,), timeout=1)

    outcome = await run(await raw(drips), rate=100)
    # The second byte is one of a masked frame: whoever hears that in time says so.
    assert outcome.tally.accounts[Operation.ECHO].answered == 0
    assert sum(outcome.tally.errors.values()) >= 50


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"\x81\x05hello", trouble.NOT_SENT),
        (b"\x82\x80"[:1] + b"\x00", trouble.NOT_SENT),
        (b"\x82\x7e\x00\x80" + bytes(128), trouble.NOT_SENT),
        (b"\x01\x01a\x80\x01b", trouble.NOT_SENT),
    ],
)
async def test_answers_to_nothing(raw, text: bytes, kind: str):
    outcome = await run(await raw(upgraded(text)))
    assert outcome.tally.errors == {kind: CLIENTS}
    assert (outcome.clients.open, outcome.clients.lost) == (CLIENTS, 0)
    assert judge(outcome, "open").word in BAD
