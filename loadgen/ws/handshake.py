"""The upgrade: what a client asks, and whether the answer is one. Pure (RFC 6455 §4)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha1
from typing import NamedTuple

from loadgen import trouble
from loadgen.trouble import Trouble

MAX_ANSWER = 8192
"""Bytes of status line and headers."""
NONCE = 16
"""Random bytes of a key."""
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SWITCHING = 101
_END = b"\r\n\r\n"


class Answer(NamedTuple):
    """An upgrade that went well."""

    headers: dict[bytes, bytes]
    """Lower-case name → value."""
    size: int
    """Bytes of it; what follows are frames already."""


class Request:
    """An upgrade request without its key: all connections to one address share it."""

    def __init__(
        self, host: str, path: str, headers: Iterable[tuple[str, str]], protocol: str | None
    ) -> None:
        """`host`: as in the URL, with the port; `protocol`: the subprotocol to ask for."""
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers),
        ]
        if protocol is not None:
            lines.append(f"Sec-WebSocket-Protocol: {protocol}")
        self._head = ("\r\n".join(lines) + "\r\nSec-WebSocket-Key: ").encode("latin-1")
        self._protocol = protocol
        self._good: tuple[bytes, bytes] | None = None  # before and behind what a good answer accepted

    def keyed(self, key: bytes, headers: bytes = b"") -> bytes:
        """The whole request; `headers`: more of this one connection's, each line ended by CR LF."""
        return b"%b%b\r\n%b\r\n" % (self._head, key, headers)

    def answered(self, data: bytes, accept: bytes) -> int | None:
        """Bytes of the answer that accepts so once it is complete, None before that; else as `read`.

        A server's answers differ in little but what they accept. One that is, but for this, the last good one
        to the byte is not taken apart again; a server's first message often comes right behind it.
        """
        if self._good is not None and data.startswith(good := accept.join(self._good)):
            return len(good)
        answer = read(data, accept, self._protocol)
        if answer is None:
            return None
        before, *behind = data[: answer.size].split(accept)
        self._good = (before, behind[0]) if len(behind) == 1 else None
        return answer.size


def make_key(nonce: bytes) -> bytes:
    """The Sec-WebSocket-Key of 16 random bytes."""
    return b64encode(nonce)


def accepted(key: bytes) -> bytes:
    """What the server has to answer to a key."""
    return b64encode(sha1(key + _GUID, usedforsecurity=False).digest())


def read(data: bytes, accept: bytes, protocol: str | None = None) -> Answer | None:
    """The answer that accepts so once it is complete, None before that; `Trouble` when it can be no good one.

    `accept`: see `accepted`.
    """
    end = data.find(_END)
    if (end if end >= 0 else len(data)) > MAX_ANSWER - len(_END):
        raise Trouble(trouble.UPGRADE_TOO_LONG)
    if not data.startswith(b"HTTP/1.1 "[: len(data)]):
        raise Trouble(trouble.NOT_WEBSOCKET)
    if end < 0:
        return None
    status, *lines = data[:end].split(b"\r\n")
    _check_status(status)
    headers = _headers(lines)
    _check(headers, accept, protocol)
    return Answer(headers, end + len(_END))


def _check_status(line: bytes) -> None:
    status = line[9:12]
    if not (status.isdigit() and len(status) == 3 and line[12:13] in (b" ", b"")):  # noqa: PLR2004 - RFC 9112 §4
        raise Trouble(trouble.NOT_WEBSOCKET)
    if int(status) != _SWITCHING:
        raise Trouble(trouble.upgrade_refused(int(status)))


def _headers(lines: list[bytes]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise Trouble(trouble.NOT_WEBSOCKET)
        name, value = name.lower(), value.strip()
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def _check(headers: dict[bytes, bytes], accept: bytes, protocol: str | None) -> None:
    if headers.get(b"upgrade", b"").lower() != b"websocket":
        raise Trouble(trouble.NO_UPGRADE_HEADER)
    if b"upgrade" not in (token.strip() for token in headers.get(b"connection", b"").lower().split(b",")):
        raise Trouble(trouble.NO_UPGRADE_HEADER)
    if headers.get(b"sec-websocket-accept") != accept:
        raise Trouble(trouble.WRONG_ACCEPT)
    if b"sec-websocket-extensions" in headers:
        raise Trouble(trouble.UNASKED_EXTENSION)
    chosen = headers.get(b"sec-websocket-protocol")
    if chosen is not None and chosen.decode("latin-1") != protocol:
        raise Trouble(trouble.UNASKED_PROTOCOL)
    if chosen is None and protocol is not None:
        raise Trouble(trouble.NO_SUBPROTOCOL)
