"""What a server sends, byte by byte: messages and control frames, or the name of what is wrong. Pure.

This is the complete parser (RFC 6455 §5, §7.4). A connection needs it only for what is not one whole frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from loadgen import trouble
from loadgen.ws.frames import CONTROL, Opcode

MAX_MESSAGE = 4 * 2**20
"""Bytes of one message; above that the server is broken off. The Cloud Server's own limit is 3 MB."""
MAX_FRAGMENTS = 8_192
"""Of one message, 2 µs each. A server that never ends one would otherwise never be found out."""
NO_STATUS = 1005
"""What a close frame without a code means (RFC 6455 §7.4.1)."""

_FINAL, _RESERVED, _OPCODE, _MASKED = 0x80, 0x70, 0x0F, 0x80
_MAX_CONTROL = 125
_PROTOCOL_ERROR, NOT_UTF8, _TOO_BIG = 1002, 1007, 1009


class Broken(Exception):
    """The server broke the protocol; nothing more can be read. The text is the kind of trouble."""

    def __init__(self, kind: str, code: int = _PROTOCOL_ERROR) -> None:
        super().__init__(kind)
        self.kind = kind
        self.code = code
        """The close code that tells the server."""


class Event(NamedTuple):
    """A message (TEXT, BINARY), whole; or a control frame. A CLOSE's payload was found to be well-formed."""

    opcode: int
    payload: bytes


class Parser:
    """One connection's parser: `feed` it whatever arrives."""

    __slots__ = ("_fragments", "_kind", "_needed", "_parts", "_rest")

    def __init__(self) -> None:
        self._rest = bytearray()
        self._needed = 0  # bytes of it before the next frame can be complete
        self._kind: int | None = None  # the message that fragments belong to
        self._fragments = bytearray()
        self._parts = 0

    @property
    def idle(self) -> bool:
        """Whether everything so far was whole."""
        return not self._rest and self._kind is None

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Event]:
        """All that is complete now; `Broken` after what came before the mistake. Exhaust it."""
        self._rest += data
        if len(self._rest) < self._needed:
            return  # so that the many pieces of a large frame are put together once
        rest = bytes(self._rest)
        self._rest.clear()
        at = self._needed = 0
        while (found := self._frame(rest, at)) is not None:
            first, start, at = found
            event = self._take(first, rest[start:at])
            if event is not None:
                yield event
        self._rest += rest[at:]

    def _frame(self, data: bytes, at: int) -> tuple[int, int, int] | None:
        """Its first byte, and where the payload begins and ends; None as long as it is not complete."""
        if len(data) < at + 2:
            return None
        first, second = data[at], data[at + 1]
        self._check_head(first, second)
        wide = {126: 2, 127: 8}.get(second, 0)
        start = at + 2 + wide
        if len(data) < start:
            return None
        size = int.from_bytes(data[at + 2 : start], "big") if wide else second
        self._check_size(size)
        if len(data) < start + size:
            self._needed = start + size - at
            return None
        return first, start, start + size

    def _check_head(self, first: int, second: int) -> None:
        opcode = first & _OPCODE
        if first & _RESERVED:
            raise Broken(trouble.RESERVED_BITS)
        if opcode not in _OPCODES:
            raise Broken(trouble.UNKNOWN_OPCODE)
        if second & _MASKED:
            raise Broken(trouble.MASKED_FRAME)
        if opcode >= CONTROL:
            if not first & _FINAL or second > _MAX_CONTROL:
                raise Broken(trouble.BAD_CONTROL)
        elif (opcode == Opcode.CONTINUATION) != (self._kind is not None):
            raise Broken(trouble.OUT_OF_TURN)

    def _check_size(self, size: int) -> None:
        if len(self._fragments) + size > MAX_MESSAGE:
            raise Broken(trouble.TOO_LARGE, _TOO_BIG)

    def _take(self, first: int, payload: bytes) -> Event | None:
        """One whole frame: an event, unless the message goes on."""
        opcode = first & _OPCODE
        if opcode >= CONTROL:
            if opcode == Opcode.CLOSE:
                check_close(payload)
            return Event(opcode, payload)
        if opcode != Opcode.CONTINUATION:
            if first & _FINAL:
                return _message(opcode, payload)
            self._kind = opcode
        self._fragments += payload
        self._parts += 1
        if self._parts > MAX_FRAGMENTS:
            raise Broken(trouble.ENDLESS_FRAGMENTS)
        return self._whole() if first & _FINAL else None

    def _whole(self) -> Event:
        kind, payload = self._kind, bytes(self._fragments)
        assert kind is not None  # noqa: S101 - for the type checker: a continuation has a beginning
        self._kind, self._fragments, self._parts = None, bytearray(), 0
        return _message(kind, payload)


_OPCODES = frozenset(Opcode)


def _message(opcode: int, payload: bytes) -> Event:
    if opcode == Opcode.TEXT and not is_text(payload):
        raise Broken(trouble.INVALID_UTF8, NOT_UTF8)
    return Event(opcode, payload)


def is_text(payload: bytes | memoryview) -> bool:
    """Whether this is UTF-8."""
    try:
        str(payload, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def check_close(payload: bytes) -> None:
    """`Broken` if a close frame must not say this."""
    if not payload:
        return
    if len(payload) == 1 or not _may_be_sent(close_code(payload)):
        raise Broken(trouble.BAD_CLOSE)
    if not is_text(payload[2:]):
        raise Broken(trouble.INVALID_UTF8, NOT_UTF8)


def close_code(payload: bytes) -> int:
    """The code of a close frame; 1005 if it has none."""
    return int.from_bytes(payload[:2], "big") if payload else NO_STATUS


def _may_be_sent(code: int) -> bool:
    """RFC 6455 §7.4 and IANA's registry: 1004 to 1006 and 1015 stand for what no frame said."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999  # noqa: PLR2004 - its own
