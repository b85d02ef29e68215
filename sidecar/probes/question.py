"""One GET on a connection of its own, by hand: a client library's takes three times the CPU, once a second.

HTTP/1.1 (RFC 9112). The server is asked to keep the connection, so that it is us who close it, and it is our
side that keeps the kernel's memory of it for a minute (TIME_WAIT): not the server's port, where it would be
counted.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import NamedTuple, cast

_LONGEST = 8192
"""Bytes of all headers; also of all that may come before the body is had."""


class Reply(NamedTuple):
    """A status, and how the body begins."""

    status: int
    body: bytes


class NotHttp(ValueError):
    """What came is no HTTP."""


async def get(host: str, port: int, path: str, length: int) -> Reply:
    """Ask, and read so many bytes of the body at most: another server's may be endless.

    OSError when nobody is there, or the connection ends too early; NotHttp for nonsense.
    """
    name = f"[{host}]" if ":" in host else host
    lines = (f"GET {path} HTTP/1.1", f"Host: {name}:{port}", "Accept: */*", "Connection: keep-alive", "", "")
    question = partial(_Question, "\r\n".join(lines).encode(), length)
    transport, asked = await asyncio.get_running_loop().create_connection(question, host, port)
    try:
        return await asked.reply
    finally:
        transport.close()


class _Question(asyncio.Protocol):
    """Asks as soon as it is connected; a stream's two ends and its buffer would be a fifth of the cost."""

    def __init__(self, request: bytes, length: int) -> None:
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._request = request
        self._length = length
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        self._came += data
        self._read(ended=False)

    def connection_lost(self, error: Exception | None) -> None:
        if error is None:
            self._read(ended=True)
        elif not self.reply.done():
            self.reply.set_exception(error)

    def _read(self, *, ended: bool) -> None:
        if self.reply.done():
            return
        try:
            reply = read(self._came, self._length, ended=ended)
        except (NotHttp, ConnectionError) as error:
            self.reply.set_exception(error)
        else:
            if reply is not None:
                self.reply.set_result(reply)


def read(came: bytes, length: int, *, ended: bool) -> Reply | None:
    """What came so far, as an answer of which so many bytes of the body are wanted; None: not yet enough.

    `ended`: nothing more will come. NotHttp; ConnectionError when it ended too early.
    """
    head, separator, rest = came.partition(b"\r\n\r\n")
    if len(head) > _LONGEST:
        raise NotHttp("an answer with endless headers")
    if separator:
        status, lower = _status(head), head.lower()
        chunked = b"\r\ntransfer-encoding: chunked" in lower
        body = _chunks(rest, length) if chunked else _plain(rest, lower, length, ended=ended)
        if body is not None:
            return Reply(status, body)
    if ended:
        raise ConnectionError("the connection ended before the answer")
    return None


def _status(head: bytes) -> int:
    version, _, rest = head.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise NotHttp("an answer that is not HTTP")
    return int(rest[:3])


def _plain(rest: bytes, head: bytes, length: int, *, ended: bool) -> bytes | None:
    """Its beginning; less if it is shorter."""
    _, _, after = head.partition(b"\r\ncontent-length:")
    told = after.partition(b"\r\n")[0].strip()
    wanted = min(length, int(told)) if told.isdigit() else length
    return rest[:wanted] if ended or len(rest) >= wanted else None


def _chunks(rest: bytes, length: int) -> bytes | None:
    """The beginning of a body that comes in pieces, each with its length before it."""
    body = b""
    while len(body) < length:
        line, separator, rest = rest.partition(b"\r\n")
        if not separator and len(line) <= _LONGEST:
            return None
        digits = line.partition(b";")[0].strip()
        if not digits or digits.strip(b"0123456789abcdefABCDEF") or not separator:
            raise NotHttp("an answer in pieces without their length")
        size = int(digits, 16)
        if size == 0:
            return body
        wanted = min(size, length - len(body))
        if len(rest) < wanted:
            return None
        body += rest[:wanted]
        rest = rest[size + 2 :]
    return body
