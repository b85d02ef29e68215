"""Answers however they are cut, and in frames that are not quite those expected: all are counted the same."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from loadgen import trouble
from loadgen.engine import Engine
from loadgen.tally import Counts, Operation
from loadgen.ws import frames, handshake
from support.loads import echoes

SIZE = 20
HEAD = frames.header(frames.Opcode.BINARY, SIZE, masked=0)
Answer = Callable[[asyncio.StreamWriter, list[bytes]], Awaitable[None]]


@pytest.fixture
def echoed(raw):
    """Runs one client against a server that sends back each four messages as a function says."""

    async def run(answer: Answer) -> tuple[Counts, dict[str, int]]:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            key = re.findall(rb"Sec-WebSocket-Key: (.*)\r\n", request)[0]
            upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            writer.write(b"HTTP/1.1 101 X\r\n" + upgrade + handshake.accepted(key) + b"\r\n\r\n")
            while True:
                try:
                    await answer(writer, [await message(reader) for _ in range(4)])
                except (asyncio.IncompleteReadError, ConnectionError):
                    return

        plan = {"clients": 1, "rate": 200, "duration": 0.2, "answered_within": 0.3, "closed_within": 0.1}
        plan |= {"url": await raw(handle), "size": SIZE}
        tally = (await Engine(echoes(**plan), on_second=lambda _: None).run()).tally
        return tally.accounts[Operation.ECHO], tally.errors

    return run


async def message(reader: asyncio.StreamReader) -> bytes:
    _, length = await reader.readexactly(2)
    data = await reader.readexactly(4 + (length & 127))
    return frames.mask(data[4:], data[:4])


async def together(writer: asyncio.StreamWriter, messages: list[bytes]) -> None:
    writer.write(b"".join(HEAD + message for message in messages))


async def in_pieces(writer: asyncio.StreamWriter, messages: list[bytes]) -> None:
    data = b"".join(HEAD + message for message in messages)
    for begin in range(0, len(data), 15):
        writer.write(data[begin : begin + 15])
        await asyncio.sleep(0.002)


async def as_long_as_one_but_two_halves(writer: asyncio.StreamWriter, messages: list[bytes]) -> None:
    for message in messages:  # as many bytes are read at once as a whole answer has, which begin like one
        whole = HEAD + message
        for part in (whole[:5], whole[5:] + whole[:5], whole[5:]):
            writer.write(part)
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("answer", [together, in_pieces])
async def test_answers_may_come_together_or_in_pieces(echoed, answer: Answer):
    echo, errors = await echoed(answer)
    assert (echo.answered, echo.duplicate, echo.out_of_order, errors) == (40, 0, 0, {})


async def test_what_is_as_long_as_an_answer_but_lies_across_two_is_none(echoed):
    echo, errors = await echoed(as_long_as_one_but_two_halves)
    assert (echo.answered, echo.duplicate, errors) == (40, 40, {})


async def test_a_number_that_was_not_sent_yet_is_not_an_answer(echoed):
    async def ahead(writer: asyncio.StreamWriter, messages: list[bytes]) -> None:
        await together(writer, messages)
        await asyncio.sleep(0.002)
        last = int.from_bytes(messages[-1][:8], "big")
        writer.write(HEAD + (last + 1).to_bytes(8, "big") + messages[-1][8:])

    echo, errors = await echoed(ahead)
    assert echo.answered == 40
    assert errors.keys() == {trouble.NOT_SENT}  # the last of all, at least
    assert errors[trouble.NOT_SENT] + echo.duplicate == 10  # some were sent in the two milliseconds


async def test_a_connection_that_ends_loses_what_was_skipped_and_what_came_after(echoed):
    async def second_and_gone(writer: asyncio.StreamWriter, messages: list[bytes]) -> None:
        writer.write(HEAD + messages[1])
        await asyncio.sleep(0.01)
        writer.close()

    echo, errors = await echoed(second_and_gone)
    assert echo.answered == 1
    assert echo.lost == echo.sent - 1 == errors[trouble.LOST[Operation.ECHO]] >= 3
    assert echo.in_flight == 0


async def test_late_answers_are_out_of_order_and_none_is_lost_with_the_connection(echoed):
    async def backwards(writer: asyncio.StreamWriter, messages: list[bytes]) -> None:
        for message in reversed(messages):
            writer.write(HEAD + message)
            await asyncio.sleep(0.001)

    echo, errors = await echoed(backwards)
    assert (echo.answered, echo.out_of_order, echo.duplicate, errors) == (40, 30, 0, {})
