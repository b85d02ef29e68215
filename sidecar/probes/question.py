"""One GET on a connection of its own, by hand: a client library's takes three times the CPU, once a second.

HTTP/1.1 (RFC 9112). The server is asked to keep the connection, so that it is us who close it, and it is our
side that keeps the kernel's memory of it for a minute (TIME_WAIT): not the server's port, where it would be
counted.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

_LONGEST_LINE = 8192
"""Bytes; also of all headers."""


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
    reader, writer = await asyncio.open_connection(host, port, limit=_LONGEST_LINE)
    try:
        name = f"[{host}]" if ":" in host else host
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: {name}:{port}",
            "Accept: */*",
            "Connection: keep-alive",
            "",
            "",
        )
        writer.write("\r\n".join(lines).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        return Reply(_status(head), await _body(reader, head.lower(), length))
    except asyncio.IncompleteReadError:
        raise ConnectionError("the connection ended before the answer") from None
    except asyncio.LimitOverrunError:
        raise NotHttp("an answer with endless headers") from None
    finally:
        writer.close()


def _status(head: bytes) -> int:
    version, _, rest = head.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise NotHttp("an answer that is not HTTP")
    return int(rest[:3])


async def _body(reader: asyncio.StreamReader, head: bytes, length: int) -> bytes:
    """Its beginning; less if it is shorter."""
    if b"\r\ntransfer-encoding: chunked" in head:
        return await _chunks(reader, length)
    _, _, after = head.partition(b"\r\ncontent-length:")
    told = after.split(b"\r\n")[0].strip()
    try:
        return await reader.readexactly(min(length, int(told)) if told.isdigit() else length)
    except asyncio.IncompleteReadError as error:
        return error.partial


async def _chunks(reader: asyncio.StreamReader, length: int) -> bytes:
    body = b""
    while len(body) < length:
        try:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        except ValueError:
            raise NotHttp("an answer in pieces without their length") from None
        if size == 0:
            break
        body += await reader.readexactly(min(size, length - len(body)))
        if len(body) < length:
            await reader.readexactly(2)  # the line's end after the piece
    return body
