"""Who connects to one address: sockets, where they come from, TLS, the request they share."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import ssl
import sys
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from loadgen import trouble
from loadgen.ws import handshake
from loadgen.ws.post import Done, Post
from loadgen.ws.reactor import Reactor
from loadgen.ws.socket import Listener, Opening, SecureWebSocket, WebSocket
from loadgen.ws.stream import Address

FROM_ONE_ADDRESS = 10_000
"""Connections. Past some 14,100 of them to one port each connect scans the table of ports (Linux)."""
_BIND_ADDRESS_NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT of Linux: the port is chosen when the peer is known
_PROBE_WITHIN = 1.0
_NONBLOCK: int = getattr(socket, "SOCK_NONBLOCK", 0)  # saves a system call where it exists
_DRAWN = 128


class Target(NamedTuple):
    """Where to connect to."""

    host: str
    port: int
    authority: str
    """Host and port as the URL has them."""
    path: str
    secure: bool


def target(url: str) -> Target:
    """Where a ws:// or wss:// URL leads."""
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.hostname or "", parts.port or (443 if secure else 80), parts.netloc, path, secure)


def loopback_sources(host: str, connections: int) -> tuple[str, ...]:
    """Addresses to connect from: one for each 10,000 connections to loopback, by IPv4.

    None where one would do, or for another target: the system's own choice.
    """
    needed = -(-connections // FROM_ONE_ADDRESS)
    try:
        address = ipaddress.IPv4Address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return ()
    if needed == 1 or not address.is_loopback:
        return ()
    first = ipaddress.IPv4Address("127.0.0.1")
    return tuple(str(first + number) for number in range(needed))


class Dialer:
    """Makes the WebSockets to one target; `find` it first."""

    def __init__(
        self,
        reactor: Reactor,
        where: Target,
        *,
        headers: Sequence[tuple[str, str]] = (),
        protocol: str | None = None,
        sources: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
        kind: type[WebSocket] = WebSocket,
    ) -> None:
        """`sources`: addresses of this machine to connect from, in turns; `tls`: not the default, for wss://.

        `kind`: what is made for ws://; for wss:// it is a `SecureWebSocket`.
        """
        self._reactor = reactor
        self._target = where
        self._protocol = protocol
        self._headers = headers
        self._requests = {where.path: handshake.Request(where.authority, where.path, headers, protocol)}
        self._sources = sources
        self._tls = (tls or ssl.create_default_context()) if where.secure else None
        self._kind = SecureWebSocket if where.secure else kind
        self._found: tuple[int, Address] | None = None
        self._dialled = 0
        self._keys = _keys()

    async def find(self) -> None:
        """Look the host up, once for all connections; of several addresses take the first that answers."""
        where = self._target
        try:
            infos = await self._reactor.loop.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
        except socket.gaierror:
            return
        found = [(int(family), cast("Address", address)) for family, _, _, _, address in infos]
        self._found = found[0]
        for family, address in found if len(found) > 1 else ():
            if await self._answers(family, address):
                self._found = family, address
                return

    def dial(self, listener: Listener, headers: bytes = b"", path: str | None = None) -> WebSocket:
        """A WebSocket that connects; all that becomes of it, `listener` is told.

        `headers`: of this connection only, each line ended by CR LF; `path`: another than the target's. A
        failure is told later, not from here.
        """
        asked = self._request(path or self._target.path)
        key, accept = next(self._keys)
        request = asked.keyed(key, headers)
        opening = Opening(request, accept, asked, self._target.host, self._tls, monotonic())
        made = self._kind(self._reactor, listener, opening)
        self._connect(made)
        return made

    def post(self, path: str, kind: str, body: bytes, done: Done) -> Post:
        """An HTTP request to the same server, on a connection of its own; `kind`: the body's content type."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._target.authority}\r\nConnection: close\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made = Post(self._reactor, head.encode() + body, self._target.host, self._tls, done)
        self._connect(made)
        return made

    def _request(self, path: str) -> handshake.Request:
        if path not in self._requests:
            self._requests[path] = handshake.Request(
                self._target.authority, path, self._headers, self._protocol
            )
        return self._requests[path]

    def _connect(self, made: WebSocket | Post) -> None:
        if self._found is None:
            self._reactor.loop.call_soon(made.end, trouble.UNKNOWN_HOST)
            return
        family, address = self._found
        try:
            made.connect(self._socket(family), address)
        except OSError as error:
            self._reactor.loop.call_soon(made.end, trouble.of_os_error(error))

    def _socket(self, family: int) -> socket.socket:
        """A non-blocking socket, bound to the source whose turn it is."""
        sock = socket.socket(family, socket.SOCK_STREAM | _NONBLOCK)
        if not _NONBLOCK:
            sock.settimeout(0)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._sources:
            source = self._sources[self._dialled % len(self._sources)]
            self._dialled += 1
            try:
                bind(sock, source)
            except OSError:
                sock.close()
                raise
        return sock

    async def _answers(self, family: int, address: Address) -> bool:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.settimeout(0)
            try:
                async with asyncio.timeout(_PROBE_WITHIN):
                    await self._reactor.loop.sock_connect(sock, address)
            except OSError:
                return False
        return True


def _keys() -> Iterator[tuple[bytes, bytes]]:
    """Random ones for ever and what accepts them, a hundred at once: each by itself would be dearer."""
    while True:
        drawn = os.urandom(handshake.NONCE * _DRAWN)
        nonces = (drawn[at : at + handshake.NONCE] for at in range(0, len(drawn), handshake.NONCE))
        keys = [handshake.make_key(nonce) for nonce in nonces]
        yield from [(key, handshake.accepted(key)) for key in keys]


def bind(sock: socket.socket, source: str) -> None:
    """Let a socket connect from this address, by any port free towards its peer; OSError if not ours."""
    if sys.platform == "linux":
        try:
            sock.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        except OSError as error:
            if error.errno != errno.ENOPROTOOPT:
                raise
    sock.bind((source, 0))
