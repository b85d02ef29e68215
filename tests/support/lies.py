"""Bad servers as a table: what each says on a raw socket, and the name that it has to get in `errors`."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from loadgen import trouble
from loadgen.outcome import Outcome
from loadgen.ws.handshake import accepted
from loadgen.ws.parser import MAX_FRAGMENTS

Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
WITHIN = 10.0
"""Seconds: no run of a second hangs longer, however busy the machine is."""


class Lie(NamedTuple):
    """One way to be bad."""

    name: str
    handler: Raw
    kind: str


class Frames(NamedTuple):
    """Bytes that no good server sends once it has upgraded."""

    name: str
    data: bytes
    kind: str


async def key(reader: asyncio.StreamReader) -> bytes:
    """The client's, from its request."""
    request = await reader.readuntil(b"\r\n\r\n")
    return request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]


def upgrade(of: bytes, *more: bytes) -> bytes:
    """The right answer to a key."""
    lines = (b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + accepted(of), *more)
    return b"\r\n".join((b"HTTP/1.1 101 Switching Protocols", *lines, b"", b""))


async def until_left(reader: asyncio.StreamReader) -> None:
    """Hear nothing, say nothing, until the client has left."""
    with suppress(ConnectionError):  # it may leave with words of ours unread
        await reader.read()


def answers(*parts: bytes) -> Raw:
    """Reads the request, says this, and then nothing until the client has left."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        of = await key(reader)
        writer.write(b"".join(parts).replace(b"<accept>", accepted(of)))
        await until_left(reader)

    return handler


def upgraded(data: bytes) -> Raw:
    """Upgrades, says this, and then nothing until the client has left."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(upgrade(await key(reader)) + data)
        await until_left(reader)

    return handler


async def half_open(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await until_left(reader)


async def slow_loris(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte a second of the right answer; until the client has had enough of it."""
    leaving = asyncio.ensure_future(until_left(reader))
    for byte in upgrade(b"never comes to the accept key"):
        writer.write(bytes((byte,)))
        await asyncio.wait((leaving,), timeout=1)
        if leaving.done():
            return


async def leave(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await key(reader)


async def leave_in_the_middle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(upgrade(await key(reader))[:40])


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def _drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(upgrade(await key(reader)))


_COMPRESSED = b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
_HEAD = b"HTTP/1.1 101 Switching Protocols\r\n"
_GOOD = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: <accept>\r\n"
_UNWANTED = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
_ELSEWHERE = b"HTTP/1.1 301 Moved\r\nLocation: ws://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"

BEFORE = [
    Lie("resets at once", reset, trouble.RESET),
    Lie("leaves without an answer", leave, trouble.DROPPED),
    Lie("leaves in the middle of its answer", leave_in_the_middle, trouble.DROPPED),
    Lie("accepts and says nothing", half_open, trouble.NO_UPGRADE),
    Lie("says its answer a byte a second", slow_loris, trouble.NO_UPGRADE),
    Lie("is unavailable", answers(_UNWANTED), trouble.upgrade_refused(503)),
    Lie("sends elsewhere", answers(_ELSEWHERE), trouble.upgrade_refused(301)),
    Lie("is a web page", answers(b"HTTP/1.1 200 OK\r\n\r\n<html>"), trouble.upgrade_refused(200)),
    Lie("has a status of two digits", answers(b"HTTP/1.1 99 Hm\r\n\r\n"), trouble.NOT_WEBSOCKET),
    Lie("is not HTTP", answers(b"220 mail.test ESMTP\r\n"), trouble.NOT_WEBSOCKET),
    Lie("is HTTP 1.0", answers(b"HTTP/1.0 101 Hm\r\n" + _GOOD + b"\r\n"), trouble.NOT_WEBSOCKET),
    Lie("has a header without a colon", answers(_HEAD + _GOOD + b"oops\r\n\r\n"), trouble.NOT_WEBSOCKET),
    Lie("has headers without end", answers(_HEAD, b"X-More: and more\r\n" * 600), trouble.UPGRADE_TOO_LONG),
    Lie(
        "has the wrong accept key", answers(_HEAD + _GOOD.replace(b"<accept>", b"bm8=") + b"\r\n"),
        trouble.WRONG_ACCEPT,
    ),
    Lie(
        "has no accept key", answers(_HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
        trouble.WRONG_ACCEPT,
    ),
    Lie(
        "upgrades to something else", answers(_HEAD + _GOOD.replace(b"websocket", b"h2c") + b"\r\n"),
        trouble.NO_UPGRADE_HEADER,
    ),
    Lie(
        "does not upgrade the connection", answers(_HEAD + _GOOD.replace(b": Upgrade", b": close") + b"\r\n"),
        trouble.NO_UPGRADE_HEADER,
    ),
    Lie(
        "compresses unasked", answers(_HEAD + _GOOD + _COMPRESSED),
        trouble.UNASKED_EXTENSION,
    ),
    Lie(
        "has chosen a subprotocol", answers(_HEAD + _GOOD + b"Sec-WebSocket-Protocol: chat\r\n\r\n"),
        trouble.UNASKED_PROTOCOL,
    ),
]  # fmt: skip
"""Who never comes to a WebSocket."""


def _close(code: int) -> bytes:
    return b"\x88\x02" + code.to_bytes(2, "big")


FRAMES = [
    Frames("a frame of 2^62 bytes", b"\x82\x7f" + (2**62).to_bytes(8, "big"), trouble.TOO_LARGE),
    Frames("a frame of 2^64 - 1 bytes", b"\x82\x7f" + b"\xff" * 8, trouble.TOO_LARGE),
    Frames("a masked frame", b"\x82\x81\x00\x00\x00\x00a", trouble.MASKED_FRAME),
    Frames("a masked control frame", b"\x8a\x80\x00\x00\x00\x00", trouble.MASKED_FRAME),
    *(Frames(f"reserved bit {bit}", bytes((0x82 | bit, 0)), trouble.RESERVED_BITS) for bit in (64, 32, 16)),
    *(
        Frames(f"opcode {opcode}", bytes((0x80 | opcode, 0)), trouble.UNKNOWN_OPCODE)
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    ),
    Frames("fragments without end", b"\x02\x01a" + b"\x00\x00" * MAX_FRAGMENTS, trouble.ENDLESS_FRAGMENTS),
    Frames(
        "large fragments without end", b"\x02\x00" + (b"\x00\x7e\xff\xff" + bytes(65_535)) * 70,
        trouble.TOO_LARGE,
    ),
    Frames("a ping of 126 bytes", b"\x89\x7e\x00\x7e" + bytes(126), trouble.BAD_CONTROL),
    Frames("a pong in fragments", b"\x0a\x00\x80\x00", trouble.BAD_CONTROL),
    Frames("a close frame in fragments", b"\x08\x02\x03\xe8", trouble.BAD_CONTROL),
    Frames("a continuation of nothing", b"\x80\x00", trouble.OUT_OF_TURN),
    Frames("a message within another", b"\x01\x01a\x81\x01b", trouble.OUT_OF_TURN),
    Frames("text that is not UTF-8", b"\x81\x02\xc3\x28", trouble.INVALID_UTF8),
    Frames("a surrogate as UTF-8", b"\x81\x03\xed\xa0\x80", trouble.INVALID_UTF8),
    Frames("fragments that are not UTF-8", b"\x01\x01\xc3\x80\x01\x28", trouble.INVALID_UTF8),
    Frames("a reason that is not UTF-8", b"\x88\x03\x03\xe8\xff", trouble.INVALID_UTF8),
    Frames("half a close code", b"\x88\x01\x03", trouble.BAD_CLOSE),
    Frames("a close frame without a code", b"\x88\x00", trouble.closed(1005)),
    *(
        Frames(f"close code {code}", _close(code), trouble.closed(code))
        for code in (1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999)
    ),
    *(
        Frames(f"close code {code}, which none may send", _close(code), trouble.BAD_CLOSE)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
    ),
]  # fmt: skip

AFTER = [
    Lie("ends without a close frame", _drop, trouble.DROPPED),
    *(Lie(frames.name, upgraded(frames.data), frames.kind) for frames in FRAMES),
]
"""Who upgrades, and lies at once."""


def accounted(outcome: Outcome) -> None:
    """Every client, and every arrival of whatever there was, went somewhere."""
    clients = outcome.clients
    assert clients.asked == clients.registered + clients.failed + clients.unfinished
    assert clients.registered == clients.open + clients.lost
    assert clients.open == (clients.left or 0) + (clients.aborted or 0)
    for name, account in outcome.tally.accounts.items():
        assert account.scheduled == account.unsent + account.sent, name
        assert account.sent == account.answered + account.lost + account.in_flight, name
        assert account.in_flight >= 0, name
        assert account.answered == account.response.total == account.service.total, name
