"""One HTTP request on a connection of its own, by callbacks: it sends, and hears until the server closes."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from typing import TYPE_CHECKING

from loadgen import trouble
from loadgen.ws.reactor import BUFFER, READABLE, WRITABLE, Reactor
from loadgen.ws.stream import NOT_NOW, Stream

if TYPE_CHECKING:
    import socket

    from loadgen.ws.stream import Address

_CONNECTING, _SECURING, _HEARING, _OVER = range(4)
_GOOD = 200
Done = Callable[["Post", str | None, bytes], None]
"""Told once: the request, the kind of trouble or None, and the body of the answer."""


class Post(Stream):
    """Made by a `Dialer`. The request must ask for ``Connection: close``."""

    __slots__ = ("_answer", "_done", "_host", "_request", "_stage", "_tls")

    def __init__(
        self, reactor: Reactor, request: bytes, host: str, tls: ssl.SSLContext | None, done: Done
    ) -> None:
        super().__init__(reactor)
        self._request = request
        self._host = host
        self._tls = tls
        self._done = done
        self._stage = _CONNECTING
        self._answer = bytearray()

    def connect(self, sock: socket.socket, address: Address) -> None:
        """Start with a non-blocking socket; OSError if that fails at once."""
        self._begin(sock, address)
        self._reactor.watch(self._fd, self, READABLE | WRITABLE)

    def end(self, kind: str) -> None:
        """It is over, without an answer."""
        self._over(kind, b"")

    def ready(self, events: int) -> None:
        """See `Ready`."""
        try:
            self._step(events)
        except NOT_NOW:
            return
        except OSError as error:
            self.end(trouble.of_os_error(error))

    def _step(self, events: int) -> None:
        if self._stage == _CONNECTING:
            self._check()
            if self._tls is None:
                self._send()
                return
            self._secure(self._tls, self._host)
            self._stage = _SECURING
        if self._stage == _SECURING:
            wanted = self._handshake()
            if wanted:
                self._reactor.change(self._fd, wanted)
            else:
                self._send()
            return
        if events & WRITABLE:
            self._flush()
        self._hear()

    def _send(self) -> None:
        self._stage = _HEARING
        self._offer(self._request)
        self._reactor.change(self._fd, self._wanted())

    def _hear(self) -> None:
        """All there is; at the end of it the answer is complete, or never will be."""
        while size := self._socket.recv_into(self._reactor.buffer, BUFFER):  # type: ignore[union-attr]
            self._answer += self._reactor.view[:size]
        status, body = read(bytes(self._answer))
        if status == _GOOD:
            self._over(None, body)
        else:
            self._over(trouble.BAD_HTTP if status is None else trouble.http_status(status), b"")

    def _over(self, kind: str | None, body: bytes) -> None:
        if self._stage != _OVER:
            self._stage = _OVER
            self._release()
            self._done(self, kind, body)


class _Bytes:
    """As much of a socket as `HTTPResponse` wants."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _: str) -> BytesIO:
        return BytesIO(self._data)


def read(data: bytes) -> tuple[int | None, bytes]:
    """Status and body of a whole HTTP answer; a status of None if it is none, or not whole. Pure."""
    response = HTTPResponse(_Bytes(data))  # type: ignore[arg-type] # it only ever calls makefile
    try:
        response.begin()
        return response.status, response.read()
    except (HTTPException, ValueError):
        return None, b""
