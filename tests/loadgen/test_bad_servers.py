"""Cloud Clients against bad servers: each has its own name, nothing hangs, everything is accounted for."""

from __future__ import annotations

import asyncio
import json

import pytest

from cloudserver.wire import PacketType
from loadgen import trouble
from loadgen.engine import Engine
from loadgen.outcome import Outcome
from loadgen.tally import Operation
from loadgen.verdict import Word, judge
from support.lies import AFTER, BEFORE, FRAMES, WITHIN, Frames, Lie, accounted
from support.loads import flat

CLIENTS = 3
BAD = {Word.FAIL, Word.INVALID}
"""The latter where other tests keep the machine busy."""


async def load(url: str, **changes: float) -> Outcome:
    plan = {"clients": CLIENTS, "ramp": 1000, "rate": 0, "duration": 0.3, "ping_period": 60}
    plan |= {"registered_within": 1.0, "answered_within": 0.3, "closed_within": 0.5}
    async with asyncio.timeout(WITHIN):
        outcome = await Engine(flat(url=url, **plan | changes), on_second=lambda _: None).run()
    accounted(outcome)
    return outcome


@pytest.mark.parametrize("lie", [*BEFORE, *AFTER], ids=lambda lie: lie.name)
async def test_who_registers_nobody(raw, lie: Lie):
    outcome = await load(await raw(lie.handler))
    assert outcome.tally.errors == {lie.kind: CLIENTS}
    assert (outcome.clients.failed, outcome.clients.registered) == (CLIENTS, 0)
    assert judge(outcome).word in BAD


async def test_whose_queue_is_full(full: str):
    outcome = await load(full)
    assert outcome.tally.errors == {trouble.NO_CONNECTION: CLIENTS}
    assert (outcome.clients.failed, outcome.tally.accounts[Operation.TCP].lost) == (CLIENTS, CLIENTS)


async def test_who_refuses(closed_port: int):
    outcome = await load(f"ws://127.0.0.1:{closed_port}")
    assert outcome.tally.errors == {trouble.CONNECTION_REFUSED: CLIENTS}


@pytest.mark.parametrize("frames", FRAMES, ids=lambda frames: frames.name)
async def test_who_lies_to_those_it_holds(talk, frames: Frames):
    async def script(talk) -> None:
        await talk.register()
        talk.write(frames.data)
        await talk.ws.receive()

    outcome = await load(await talk(script), duration=60)
    assert outcome.tally.errors == {frames.kind: CLIENTS}
    assert (outcome.clients.lost, outcome.clients.registered) == (CLIENTS, CLIENTS)
    assert judge(outcome).word in BAD


def packet(**changes: object) -> str:
    good = {"id": "1", "sender": "04BB", "destination": "04CC", "signature": "", "messageContent": "{}"}
    return json.dumps(good | {"fermatPacketType": "SERVER_HANDSHAKE_RESPOND"} | changes)


NONSENSE = {
    "nothing": "",
    "half an object": '{"id":"1"',
    "a list": "[]",
    "null": "null",
    "a number that has no end": "1" * 100_000,
    "brackets without end": "[" * 100_000,
    "a lone surrogate": '{"id":"\\ud800"}',
    "no fields": "{}",
    "a packet of no type": packet(fermatPacketType=None),
    "a packet of an unknown type": packet(fermatPacketType="X"),
    "a packet whose type is a list": packet(fermatPacketType=["SERVER_HANDSHAKE_RESPOND"]),
    "a packet whose content is no text": packet(messageContent={}),
    "a packet whose content is no JSON": packet(messageContent="{"),
    "a packet whose content says nothing": packet(messageContent="{}"),
    "three megabytes": "x" * 3_000_000,
}


@pytest.mark.parametrize("text", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_before_a_registration_is_its_end(talk, text: str):
    async def script(talk) -> None:
        await talk.ws.send_str(text)
        await talk.ws.receive()

    outcome = await load(await talk(script))
    assert outcome.tally.errors == {trouble.NONSENSE: CLIENTS}
    assert outcome.clients.failed == CLIENTS


@pytest.mark.parametrize("text", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_to_those_who_are_held_is_counted_and_they_go_on(talk, text: str):
    async def script(talk) -> None:
        await talk.register()
        await talk.ws.send_str(text)
        await talk.serve()

    outcome = await load(await talk(script), rate=50)
    assert outcome.tally.errors == {trouble.NONSENSE: CLIENTS}
    assert outcome.clients.left == CLIENTS
    assert outcome.tally.accounts[Operation.LIST].answered == 15


WRONG = [
    kind
    for kind in PacketType
    if kind
    not in {
        PacketType.SERVER_HANDSHAKE_RESPOND,
        PacketType.COMPLETE_COMPONENT_REGISTRATION,
        PacketType.CLIENT_CONNECTION_SUCCESSFULLY_RECONNECT,
        PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST,
    }
]


@pytest.mark.parametrize("kind", WRONG)
async def test_a_wrong_packet_is_no_registration(talk, kind: PacketType):
    """Whatever its content is: it is nonsense, or passed over and the registration still missing."""

    async def script(talk) -> None:
        await talk.shake_hands()
        await talk.hear()
        await talk.ws.send_str(packet(fermatPacketType=kind))
        await talk.ws.receive()

    outcome = await load(await talk(script), registered_within=0.3)
    assert sum(outcome.tally.errors.values()) == outcome.clients.failed == CLIENTS
    assert outcome.tally.errors.keys() <= {trouble.NONSENSE, trouble.NO_REGISTRATION}
