"""Whatever a server does is counted under its own plain name, and no run hangs past its deadlines."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import WSCloseCode

from cloudserver.wire import PacketType, contents
from loadgen import trouble
from loadgen.engine import Engine
from loadgen.gate import HOPELESS
from loadgen.outcome import Outcome
from loadgen.tally import Operation
from support.loads import flat

CLIENTS = 3

type_ = PacketType


SILENT = {trouble.NO_UPGRADE, trouble.NO_HANDSHAKE, trouble.NO_REGISTRATION}
"""What only a deadline ends; for all else there is time, however busy this machine is."""


async def load(url: str, **changes: float) -> Outcome:
    """A short run, with a short deadline for its answers."""
    plan = {
        "clients": CLIENTS,
        "ramp": 100,
        "duration": 0.3,
        "rate": 50,
        "ping_period": 0.2,
        "registered_within": 20.0,
        "answered_within": 0.3,
        "closed_within": 1.0,
    }
    return await Engine(flat(url=url, **plan | changes), on_second=lambda _: None).run()


def balanced(outcome: Outcome) -> None:
    """Every client and every arrival is accounted for."""
    clients = outcome.clients
    assert clients.asked == clients.registered + clients.failed + clients.unfinished
    assert clients.registered == clients.open + clients.lost + clients.departed
    assert clients.open == clients.left + clients.aborted
    for account in outcome.tally.accounts.values():
        assert account.scheduled == account.unsent + account.sent
        assert account.in_flight >= 0
        assert account.answered == account.response.total == account.service.total
        assert account.sent == account.lag.total
    connects = outcome.tally.accounts[Operation.CONNECT]
    assert connects.answered == clients.registered
    # When the run gives up, some fell due that were not tried any more: they are unfinished.
    untried = connects.lost + connects.unsent - clients.failed
    assert 0 <= untried <= (clients.unfinished if outcome.gave_up else 0)


# Before there is a WebSocket.


async def reset_at_once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def close_at_once(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


def says(text: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text.encode())
        await reader.read()

    return handler


ELSEWHERE = "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/fermat/ws/\r\nContent-Length: 0\r\n\r\n"
WRONG_KEY = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: bm90IHlvdXIga2V5\r\n\r\n"
)


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (close_at_once, trouble.DROPPED),
        (reset_at_once, trouble.RESET),
        (says(""), trouble.NO_UPGRADE),
        (says("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "upgrade refused with HTTP 404"),
        (says("HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nTraceback"), "upgrade refused with HTTP 500"),
        (says("HTTP/1.1 200 OK\r\n\r\n"), "upgrade refused with HTTP 200"),
        (says(ELSEWHERE), "upgrade refused with HTTP 302"),
        (says(WRONG_KEY), trouble.WRONG_ACCEPT),
        (says("SSH-2.0-OpenSSH_9.2\r\n"), trouble.NOT_WEBSOCKET),
        (says("HTTP/1.1 101 Switching"), trouble.NO_UPGRADE),
    ],
)
async def test_no_websocket(raw, handler, kind: str):
    outcome = await load(await raw(handler), registered_within=1.0 if kind in SILENT else 20.0)
    errors = dict(outcome.tally.errors)
    errors.pop(trouble.NOBODY, None)  # a list request that fell into the hold: there may be one
    assert errors == {kind: CLIENTS}
    assert (outcome.clients.failed, outcome.clients.open) == (CLIENTS, 0)
    balanced(outcome)


async def test_nobody_listens(closed_port: int):
    outcome = await load(f"ws://127.0.0.1:{closed_port}")
    assert outcome.tally.errors == {trouble.CONNECTION_REFUSED: CLIENTS}
    balanced(outcome)


async def test_nothing_falls_due_to_nobody(closed_port: int):
    async def hold() -> float:
        raise AssertionError("the holding began")

    plan = flat(url=f"ws://127.0.0.1:{closed_port}", clients=CLIENTS)
    outcome = await Engine(plan, on_second=lambda _: None, hold=hold).run()
    assert outcome.clients.failed == CLIENTS


async def test_a_server_that_is_not_there_is_not_tried_five_thousand_times(closed_port: int):
    outcome = await load(f"ws://127.0.0.1:{closed_port}", clients=5000, ramp=10_000)
    assert outcome.gave_up
    assert HOPELESS <= outcome.clients.failed < 5000
    assert outcome.clients.failed + outcome.clients.unfinished == 5000
    balanced(outcome)


async def test_who_waits_too_long_for_a_place_among_the_pending_is_not_started(raw):
    outcome = await load(await raw(says("")), pending=1, registered_within=0.3, ramp=100_000)
    assert outcome.tally.errors.keys() == {trouble.NO_UPGRADE, trouble.NOT_STARTED}
    assert outcome.tally.accounts[Operation.CONNECT].unsent == outcome.tally.errors[trouble.NOT_STARTED]
    balanced(outcome)


# Before the client is registered.


async def silence(talk) -> None:
    await talk.ws.receive()


async def half_a_handshake(talk) -> None:
    await talk.shake_hands()
    await talk.hear()
    await talk.ws.receive()


async def refusal(talk) -> None:
    await talk.register(type_.FAILURE_COMPONENT_REGISTRATION_REQUEST)
    await talk.ws.receive()


async def text(talk) -> None:
    await talk.ws.send_str("hello")
    await talk.ws.receive()


async def unknown_packet(talk) -> None:
    await talk.ws.send_str(
        '{"id":"1","sender":"","destination":"","fermatPacketType":"X","messageContent":"","signature":""}'
    )
    await talk.ws.receive()


async def out_of_turn(talk) -> None:
    await talk.say(type_.REQUEST_LIST_COMPONENT_REGISTERED, contents.ListAnswer())
    await talk.ws.receive()


async def binary(talk) -> None:
    await talk.ws.send_bytes(b"\x00")
    await talk.ws.receive()


async def giant(talk) -> None:
    talk.write(b"\x81\x7f" + (5 * 2**20).to_bytes(8, "big"))
    await talk.ws.receive()


async def broken_frame(talk) -> None:
    talk.write(b"\xff\xff\xff\xff")
    await talk.ws.receive()


async def not_utf8(talk) -> None:
    talk.write(b"\x81\x02\xff\xff")
    await talk.ws.receive()


async def close_1011(talk) -> None:
    await talk.shake_hands()
    await talk.ws.close(code=WSCloseCode.INTERNAL_ERROR)


async def drop(talk) -> None:
    talk.drop()


async def reset(talk) -> None:
    await talk.shake_hands()
    await talk.hear()
    talk.reset()


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (silence, trouble.NO_HANDSHAKE),
        (half_a_handshake, trouble.NO_REGISTRATION),
        (refusal, trouble.REGISTRATION_REFUSED),
        (text, trouble.NONSENSE),
        (unknown_packet, trouble.NONSENSE),
        (out_of_turn, trouble.NONSENSE),
        (binary, trouble.BINARY),
        (giant, trouble.TOO_LARGE),
        (broken_frame, trouble.RESERVED_BITS),
        (not_utf8, trouble.INVALID_UTF8),
        (close_1011, "closed by the server with 1011"),
        (drop, trouble.DROPPED),
        (reset, trouble.RESET),
    ],
)
async def test_no_registration(talk, script, kind: str):
    outcome = await load(await talk(script), registered_within=1.0 if kind in SILENT else 20.0)
    assert outcome.tally.errors == {kind: CLIENTS}
    assert (outcome.clients.failed, outcome.clients.open) == (CLIENTS, 0)
    balanced(outcome)


async def test_a_refused_client_still_leaves_by_close_code_1000(talk):
    codes = []

    async def script(talk) -> None:
        await refusal(talk)
        codes.append(talk.ws.close_code)

    await load(await talk(script))
    assert codes == [1000] * CLIENTS


# While it is held.


def once_asked(then: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def script(talk) -> None:
        await talk.register()
        assert (await talk.hear()).type is type_.REQUEST_LIST_COMPONENT_REGISTERED
        await then(talk)

    return script


async def close_1001(talk) -> None:
    await talk.ws.close(code=WSCloseCode.GOING_AWAY)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (close_1001, "closed by the server with 1001"),
        (drop, trouble.DROPPED),
        (lambda talk: asyncio.sleep(0, talk.reset()), trouble.RESET),
        (giant, trouble.TOO_LARGE),
        (broken_frame, trouble.RESERVED_BITS),
    ],
)
async def test_clients_lost_while_held(talk, script, kind: str):
    began = time.monotonic()
    outcome = await load(await talk(once_asked(script)), duration=60)
    assert time.monotonic() - began < 30, "when nobody is left there is nothing to wait for"
    # A connection that is dropped with something in it that was not read yet is a reset to the other end.
    kinds = {kind, trouble.RESET} if kind == trouble.DROPPED else {kind}
    assert sum(outcome.tally.errors.get(one, 0) for one in kinds) == CLIENTS
    assert (outcome.clients.lost, outcome.clients.open) == (CLIENTS, 0)
    account = outcome.tally.accounts[Operation.LIST]
    assert account.lost == outcome.tally.errors.get(trouble.LOST[Operation.LIST], 0) > 0
    balanced(outcome)


async def test_a_message_whose_answer_never_comes_is_counted_as_unanswered(talk):
    async def script(talk) -> None:
        await talk.register()
        await talk.answer()
        async for _ in talk.ws:
            pass

    outcome = await load(await talk(script), answered_within=1.0)
    account = outcome.tally.accounts[Operation.LIST]
    assert (account.answered, account.lost) == (CLIENTS, 0)
    assert outcome.tally.errors == {trouble.UNANSWERED[Operation.LIST]: account.sent - CLIENTS}
    assert outcome.clients.open == outcome.clients.left == CLIENTS
    balanced(outcome)


async def test_no_ping_falls_due_while_answers_are_waited_for(talk):
    async def script(talk) -> None:
        await talk.register()
        async for _ in talk.ws:
            pass

    outcome = await load(await talk(script), ping_period=0.02, answered_within=2)
    in_the_holding, in_the_waiting = 0.3 / 0.02 * CLIENTS, 2 / 0.02 * CLIENTS
    assert outcome.tally.accounts[Operation.PING].scheduled < in_the_holding + in_the_waiting / 2
    assert outcome.tally.accounts[Operation.PING].in_flight == 0


async def test_a_server_that_stops_reading_is_left_in_time(talk):
    async def script(talk) -> None:
        await talk.register()
        await asyncio.Event().wait()

    outcome = await load(await talk(script))
    assert outcome.clients.aborted == CLIENTS
    assert outcome.tally.errors.keys() == {
        trouble.UNANSWERED[one] for one in (Operation.LIST, Operation.PING)
    }
    balanced(outcome)


async def test_nonsense_while_held_is_counted_and_the_client_goes_on(talk):
    async def script(talk) -> None:
        await talk.register()
        await talk.ws.send_str("hello")
        await talk.ws.send_bytes(b"hello")
        await talk.serve()

    outcome = await load(await talk(script), answered_within=20)
    assert outcome.tally.errors == {trouble.NONSENSE: CLIENTS, trouble.BINARY: CLIENTS}
    assert outcome.clients.left == CLIENTS
    balanced(outcome)


async def test_a_refused_list_is_an_answer_and_an_error(talk):
    async def script(talk) -> None:
        await talk.register()
        await talk.answer(type_.FAILURE_REQUESTED_LIST_NOT_AVAILABLE)
        await talk.serve()

    outcome = await load(await talk(script), answered_within=20)
    assert outcome.tally.errors == {trouble.LIST_REFUSED: CLIENTS}
    account = outcome.tally.accounts[Operation.LIST]
    assert account.answered == account.sent
    balanced(outcome)


async def test_answers_to_nothing_are_no_answers(talk):
    async def script(talk) -> None:
        await talk.register()
        await talk.say(type_.REQUEST_LIST_COMPONENT_REGISTERED, contents.ListAnswer())
        await talk.ws.pong(b"PING")
        await talk.serve()

    outcome = await load(await talk(script), rate=0, ping_period=60)
    assert outcome.tally.accounts[Operation.LIST].answered == 0
    assert outcome.tally.errors == {}
    balanced(outcome)


# A good one.


async def test_all_is_well_with_a_good_server(talk):
    async def script(talk) -> None:
        await talk.register()
        await talk.ws.ping(b"from the server")
        await talk.serve()

    outcome = await load(await talk(script), clients=20, answered_within=20)
    assert outcome.tally.errors == {}
    assert outcome.clients.open == outcome.clients.left == 20
    messages, pings = (outcome.tally.accounts[name] for name in (Operation.LIST, Operation.PING))
    assert messages.answered == messages.scheduled == 15
    assert pings.answered == pings.scheduled > 0
    balanced(outcome)


async def test_a_reconnected_client_is_registered(talk):
    async def script(talk) -> None:
        await talk.register(type_.CLIENT_CONNECTION_SUCCESSFULLY_RECONNECT)
        await talk.serve()

    assert (await load(await talk(script), answered_within=20)).clients.left == CLIENTS


async def test_a_stall_of_the_server_is_in_the_response_time_of_all_that_fell_due_meanwhile(talk):
    """By arithmetic: half a second without answers in two is a quarter of the messages, so p95 is 400 ms."""

    async def script(talk) -> None:
        await talk.register()
        began = time.monotonic()
        async for _ in talk.ws:
            if 0.5 < time.monotonic() - began < 1.0:
                await asyncio.sleep(1.0 - (time.monotonic() - began))
            await talk.say(type_.REQUEST_LIST_COMPONENT_REGISTERED, contents.ListAnswer())

    outcome = await load(await talk(script), clients=1, rate=200, duration=2, answered_within=5)
    response = outcome.tally.accounts[Operation.LIST].response
    assert response.total == 400
    assert response.percentile(95) > 0.35
    assert response.percentile(50) < 0.35


async def test_an_interrupted_run_says_goodbye_and_keeps_its_books(talk):
    async def script(talk) -> None:
        await talk.register()
        await talk.serve()

    url = await talk(script)
    engine = Engine(flat(url=url, clients=300, ramp=100), on_second=lambda _: engine.interrupt())
    outcome = await engine.run()
    clients = outcome.clients
    assert outcome.interrupted
    assert 0 < clients.registered < 300
    assert clients.unfinished == 300 - clients.registered
    assert clients.left == clients.open
    assert outcome.tally.errors == {}
