"""One client's WebSocket: no task, no future, no timer. What happens its listener is told by plain calls."""

from __future__ import annotations

import os
import socket
import ssl
from time import monotonic
from typing import NamedTuple, Protocol

from loadgen import trouble
from loadgen.trouble import Trouble
from loadgen.ws import handshake
from loadgen.ws.frames import Opcode, closing, frame
from loadgen.ws.parser import NO_STATUS, NOT_UTF8, Broken, Event, Parser, check_close, close_code, is_text
from loadgen.ws.reactor import BUFFER, READABLE, WRITABLE, Reactor
from loadgen.ws.stream import NOT_NOW, Address, Stream

_CONNECTING, _SECURING, _UPGRADING, _OPEN, _CLOSING, _CLOSED = range(6)
_NORMAL = 1000
_READING = (_UPGRADING, _OPEN, _CLOSING)
_TEXT, _OPCODE = 0x81, 0x0F
_WHOLE = (_TEXT, 0x82)  # text or binary: a whole message in one frame
_CONTROL = 0x88
_SHORT_WHOLE = (*_WHOLE, 0x88, 0x89, 0x8A)  # or a control frame: those are always short
_SHORT = 126
_MAX_PONGS = 2**16
"""Bytes. With more that wait to be sent, pings are not answered."""
_FIRST_RETRANSMISSION = 0.9
"""Seconds. A SYN is sent again after one second, not earlier (RFC 6298): before that nobody has to ask."""


class Listener(Protocol):
    """Whom a WebSocket tells."""

    def connected(self, retransmits: int | None) -> None:
        """TCP's connection stands, perhaps before `dial` returned; how many SYNs had to be sent again."""

    def opened(self) -> None:
        """The server has upgraded: from now on there can be sent."""

    def message(self, opcode: int, payload: memoryview) -> None:
        """A whole message, BINARY or TEXT (which is UTF-8). `payload` is good only during this call."""

    def ponged(self, payload: bytes) -> None:
        """A pong."""

    def closed(self, kind: str | None) -> None:
        """The end, told exactly once: the kind of trouble; None if the server answered our close frame."""


class Opening(NamedTuple):
    """What is needed only until the WebSocket is open."""

    request: bytes
    accept: bytes
    asked: handshake.Request
    host: str
    tls: ssl.SSLContext | None
    began: float


class WebSocket(Stream):
    """Made by a `Dialer`. Thousands are held at once, so it is small."""

    __slots__ = ("_opening", "_parser", "_rest", "_stage", "listener")

    def __init__(self, reactor: Reactor, listener: Listener, opening: Opening) -> None:
        super().__init__(reactor)
        self.listener = listener
        self._stage = _CONNECTING
        self._opening: Opening | None = opening
        self._rest = b""  # of an answer to the upgrade that is not complete yet
        self._parser: Parser | None = None  # as long as a frame or message is not complete

    def connect(self, sock: socket.socket, address: Address) -> None:
        """Start with a non-blocking socket; OSError if that fails at once."""
        opening = self._opening
        self._begin(sock, address)
        # On loopback the connection stands by now, and to be told so would take one more round of the loop.
        stands = opening is not None and opening.tls is None and self._ask(opening)
        self._reactor.watch(self._fd, self, self._wanted() if stands else READABLE | WRITABLE)
        if stands:
            self.listener.connected(0)

    def ping(self, payload: bytes) -> None:
        """Send a ping of at most 125 bytes."""
        self.send(frame(Opcode.PING, payload, os.urandom(4)))

    def close(self, code: int, reason: bytes = b"") -> None:
        """Send a close frame; `closed` is told when it is answered. What is not open yet is cut."""
        if self._stage < _OPEN:
            self.end(trouble.CUT)
        elif self._stage == _OPEN:
            self._stage = _CLOSING
            self.send(closing(code, reason, os.urandom(4)))

    def abort(self) -> None:
        """Cut the connection without a word; `closed` is told at once, unless it was before."""
        self.end(trouble.CUT)

    def end(self, kind: str | None) -> None:
        """The connection is at its end, if it was not yet."""
        if self._stage != _CLOSED:
            self._stage = _CLOSED
            self._opening = self._parser = None
            self._release()
            self.listener.closed(kind)

    def take(self, most: int) -> None:
        """Read once, at most so many bytes (up to BUFFER); for one that is paused."""
        try:
            size = self._socket.recv_into(self._reactor.buffer, most)  # type: ignore[union-attr]
        except NOT_NOW:
            return
        except OSError as error:
            self.end(trouble.of_os_error(error))
            return
        if size:
            self._read(0, size)
        else:
            self.end(self._cause or trouble.DROPPED)

    def ready(self, events: int) -> None:
        """See `Ready`."""
        try:
            if self._opening is not None:
                self._step(self._opening)
                return
            if events & WRITABLE:
                self._flush()
                if self._paused:
                    return
            size = self._socket.recv_into(self._reactor.buffer, BUFFER)  # type: ignore[union-attr]
        except NOT_NOW:
            return
        except Trouble as failure:
            self.end(str(failure))
            return
        except OSError as error:
            self.end(trouble.of_os_error(error))
            return
        self._received(size)

    def _received(self, size: int) -> None:
        """So much came into the buffer, after the upgrade; nothing is the end."""
        if size:
            self._read(0, size)
        else:
            self.end(self._cause or trouble.DROPPED)

    def _step(self, opening: Opening) -> None:
        """One more step towards an open WebSocket; OSError or Trouble when there will be none."""
        if self._stage == _CONNECTING:
            self._check()
            slow = monotonic() - opening.began >= _FIRST_RETRANSMISSION
            if opening.tls is not None:
                self._secure(opening.tls, opening.host)
                self._stage = _SECURING
            elif not self._ask(opening):
                return
            self._reactor.change(self._fd, self._wanted())
            self.listener.connected(self.retransmits() if slow else 0)
        if self._stage == _SECURING:
            events = self._handshake()
            if not events:
                self._ask(opening)
            self._reactor.change(self._fd, events or self._wanted())
        elif self._stage == _UPGRADING:
            if self._unsent:
                self._flush()
            self._hear(opening)

    def _ask(self, opening: Opening) -> bool:
        """Send the request; False as long as there is no connection to send it through."""
        asked = self._offer(opening.request)
        if asked:
            self._stage = _UPGRADING
        return asked

    def _hear(self, opening: Opening) -> None:
        """Read of the answer to the upgrade what is there."""
        reactor = self._reactor
        size = self._socket.recv_into(reactor.buffer, BUFFER)  # type: ignore[union-attr]
        if not size:
            raise Trouble(self._cause or trouble.DROPPED)
        known = len(self._rest)
        answer = opening.asked.answered(self._rest + reactor.view[:size], opening.accept)
        if answer is None:
            self._rest += reactor.view[:size]
            return
        self._opening, self._rest, self._stage = None, b"", _OPEN
        self.listener.opened()
        if answer - known < size and self._stage != _CLOSED:
            self._read(answer - known, size)

    def _read(self, at: int, size: int) -> None:
        """What is in the buffer, `at` to `size`: what is one whole frame here, the rest by the parser."""
        data, view = self._reactor.buffer, self._reactor.view
        while self._parser is None and at + 1 < size:
            first, length, start = data[at], data[at + 1], at + 2
            if length == _SHORT:
                length, start = data[at + 2] << 8 | data[at + 3], at + 4
            elif length > _SHORT:
                break
            end = start + length
            if end > size or first not in (_SHORT_WHOLE if start == at + 2 else _WHOLE):
                break
            payload = view[start:end]
            if first >= _CONTROL:
                self._control(Event(first & _OPCODE, bytes(payload)))
            elif first == _TEXT and not is_text(payload):
                self._break_off(Broken(trouble.INVALID_UTF8, NOT_UTF8))
                return
            else:
                self.listener.message(first & _OPCODE, payload)
            if end == size or self._stage == _CLOSED:
                return
            at = end
        self._parse(view[at:size])

    def _parse(self, data: memoryview) -> None:
        """Bytes of the server by the complete parser."""
        parser = self._parser = self._parser or Parser()
        try:
            for event in parser.feed(data):
                self._take(event)
                if self._stage == _CLOSED:
                    return
        except Broken as broken:
            self._break_off(broken)
            return
        if parser.idle:
            self._parser = None

    def _control(self, event: Event) -> None:
        """A control frame that the parser has not seen."""
        try:
            if event.opcode == Opcode.CLOSE:
                check_close(event.payload)
            self._take(event)
        except Broken as broken:
            self._break_off(broken)

    def _take(self, event: Event) -> None:
        opcode, payload = event
        if opcode == Opcode.PING:
            # After a close frame nothing may be sent; and a server may flood us with pings and read no pong.
            if self._stage == _OPEN and len(self._unsent or b"") < _MAX_PONGS:
                self.send(frame(Opcode.PONG, payload, os.urandom(4)))
        elif opcode == Opcode.PONG:
            self.listener.ponged(payload)
        elif opcode != Opcode.CLOSE:
            self.listener.message(opcode, memoryview(payload))
        elif self._stage == _CLOSING:
            self.end(None)
        else:
            code = close_code(payload)
            self.send(closing(_NORMAL if code == NO_STATUS else code, b"", os.urandom(4)))
            self.end(trouble.closed(code))

    def _break_off(self, broken: Broken) -> None:
        if self._stage == _OPEN:
            self.send(closing(broken.code, b"", os.urandom(4)))
        self.end(broken.kind)


class SecureWebSocket(WebSocket):
    """One over TLS, which may have more to read than the kernel knows of."""

    __slots__ = ()

    def ready(self, events: int) -> None:
        """See `Ready`."""
        super().ready(events)
        while self._stage in _READING and self._socket.pending():  # type: ignore[union-attr]
            super().ready(READABLE)
