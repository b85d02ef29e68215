"""The WebSocket endpoint `/fermat/ws/`: sockets in, answers out, silent ones closed."""

from __future__ import annotations

import asyncio
import os
import time
from uuid import uuid4

from aiohttp import WSCloseCode, WSMsgType, web

from cloudserver.standin import lines
from cloudserver.standin.clients import Connection
from cloudserver.standin.state import Crash, Standin
from cloudserver.wire import (
    MAX_CHARS,
    Packet,
    PacketType,
    Unreadable,
    WireError,
    contents,
    envelope,
    handshake,
)

IDLE_SECONDS = 60.0
"""A connection that says nothing for so long is closed; a ping is something said."""
_LOST = 1006
_TEXT, _PING, _CLOSE = WSMsgType.TEXT, WSMsgType.PING, WSMsgType.CLOSE
_ENDS = (WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


class MainEndpoint:
    """All open main connections."""

    def __init__(self, standin: Standin) -> None:
        self._standin = standin
        self._sockets: dict[Connection, web.WebSocketResponse] = {}
        self._closing: set[asyncio.Task[bool]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection from the upgrade to its end."""
        # As the real server: no compression, no pings of its own, no limit while a message is incomplete.
        socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=0)
        if not socket.can_prepare(request):
            raise web.HTTPNotFound
        await socket.prepare(request)
        header = request.headers.get(handshake.HEADER)
        if header is None:
            self._standin.log.write(lines.failed("java.lang.NullPointerException"))
            await socket.close(code=WSCloseCode.PROTOCOL_ERROR, message=b"DENIED, NOT VALID HANDSHAKE")
            return socket
        try:
            temporary = handshake.decode_main(header).temporary
        except WireError as error:
            await self._crash(socket, _java_name(error))
            return socket
        connection = Connection(temporary, handshake.random_key(os.urandom), time.monotonic())
        await self._serve(connection, socket)
        return socket

    async def sweep(self) -> None:
        """Close whoever has been silent for too long; once a second over all, instead of a timer for each."""
        while True:
            await asyncio.sleep(1)
            oldest = time.monotonic() - IDLE_SECONDS
            for connection, socket in self._sockets.items():
                if connection.seen < oldest:
                    self._close(socket, WSCloseCode.INTERNAL_ERROR, _IDLE_REASON)

    async def _serve(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        self._sockets[connection] = socket
        self._standin.clients.connect(connection)
        self._standin.log.write(lines.connected(connection))
        code = _LOST
        try:
            hello = contents.encode(contents.ServerHandshake(connection.server_key))
            await _send(connection, socket, connection.temporary, PacketType.SERVER_HANDSHAKE_RESPOND, hello)
            code = await self._converse(connection, socket)
        except Crash as crash:
            code = WSCloseCode.INTERNAL_ERROR
            await self._crash(socket, str(crash))
        except ConnectionError:
            pass  # the client left while we were sending: lost
        finally:
            del self._sockets[connection]
            self._clean_up(connection, code)

    def _clean_up(self, connection: Connection, code: int) -> None:
        try:
            if code == _LOST:
                self._standin.lost(connection)
        except Crash as crash:
            self._standin.log.write(lines.failed(f"java.lang.{crash}"))
            return
        removed = self._standin.clients.forget(connection)
        self._standin.log.write(lines.closed(connection, code, removed))

    async def _converse(self, connection: Connection, socket: web.WebSocketResponse) -> int:
        """Answer until the end; the close code."""
        while True:
            message = await socket.receive()
            connection.seen = time.monotonic()
            kind = message.type
            if kind is _PING:
                await socket.pong(message.data)
            elif kind is _TEXT:
                await self._answer(connection, socket, message.data)
            elif kind is _CLOSE:
                return int(message.data)
            elif kind in _ENDS:
                return _LOST if kind is not WSMsgType.CLOSING else WSCloseCode.OK

    async def _answer(self, connection: Connection, socket: web.WebSocketResponse, text: str) -> None:
        if len(text) > MAX_CHARS:
            raise Crash("MessageTooLargeException")
        try:
            answer = self._standin.process(self._standin.clients, connection, text)
        except WireError as error:
            raise Crash(_java_name(error)) from None
        self._standin.log.write(answer.log)
        if answer.replaced is not None:
            old = self._sockets.get(answer.replaced)  # a ghost's socket is gone already
            if old is not None:
                self._close(old, WSCloseCode.OK, b"")
        if answer.reply is not None:
            await _send(connection, socket, answer.destination, *answer.reply)

    async def _crash(self, socket: web.WebSocketResponse, error: str) -> None:
        self._standin.log.write(lines.failed(f"java.lang.{error}"))
        await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=error.encode())

    def _close(self, socket: web.WebSocketResponse, code: int, reason: bytes) -> None:
        """Close a socket that another task is reading; that task then ends by itself."""
        task = asyncio.ensure_future(socket.close(code=code, message=reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


_IDLE_REASON = f"TimeoutException: Idle timeout expired: {IDLE_SECONDS * 1000:.0f} ms".encode()


def _java_name(error: WireError) -> str:
    return "JsonSyntaxException" if isinstance(error, Unreadable) else "NullPointerException"


async def _send(
    connection: Connection, socket: web.WebSocketResponse, destination: str, kind: PacketType, content: str
) -> None:
    packet = Packet(str(uuid4()), connection.server_key, destination, kind, content)
    await socket.send_str(envelope.encode(packet))
