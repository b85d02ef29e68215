"""The WebSocket endpoint `/fermat/ws/`: sockets in, answers out, silent ones closed."""

from __future__ import annotations

import os
import time
from uuid import uuid4

from aiohttp import WSCloseCode, WSMsgType, web

from cloudserver.standin import lines
from cloudserver.standin.clients import Connection
from cloudserver.standin.sockets import LOST, Sockets, end_of, reason_bytes, upgrade
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
_TEXT, _PING = WSMsgType.TEXT, WSMsgType.PING


class MainEndpoint:
    """All open main connections."""

    def __init__(self, standin: Standin) -> None:
        self._standin = standin
        self._sockets: Sockets[Connection] = Sockets()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection from the upgrade to its end."""
        socket = await upgrade(request)
        header = request.headers.get(handshake.HEADER)
        if header is None:
            await deny(self._standin, socket)
            return socket
        try:
            temporary = handshake.decode_main(header).temporary
        except WireError as error:
            await self._crash(socket, java_name(error))
            return socket
        connection = Connection(temporary, handshake.random_key(os.urandom), time.monotonic())
        await self._serve(connection, socket)
        return socket

    def sweep(self, now: float) -> None:
        """Close whoever has been silent for too long, and let go of clients who did not come back."""
        for connection in self._sockets.silent_since(now - IDLE_SECONDS):
            self._sockets.close(connection, WSCloseCode.INTERNAL_ERROR, idle_reason())
        self._standin.clients.standby.expire(now)

    async def tell(self, client: str, kind: PacketType, content: str) -> None:
        """Send a packet to a registered client, if there is one of that identity."""
        connection = self._standin.clients.registered.get(client)
        if connection is not None:
            await self._deliver(connection, kind, content)

    async def _serve(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        self._sockets[connection] = socket
        self._standin.clients.connect(connection)
        self._standin.log.write(lines.connected(connection))
        code: int = LOST
        try:
            hello = contents.encode(contents.ServerHandshake(connection.server_key))
            text = _packet(connection, connection.temporary, PacketType.SERVER_HANDSHAKE_RESPOND, hello)
            await socket.send_str(text)
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
        clients = self._standin.clients
        if code == LOST:
            try:
                self._standin.lost(connection)
            except Crash as crash:
                self._standin.log.write(lines.failed(f"java.lang.{crash}"))
                return
            removed = clients.stand_by(connection, time.monotonic())
        else:
            removed = clients.forget(connection)
        self._standin.log.write(lines.closed(connection, code, removed))

    async def _converse(self, connection: Connection, socket: web.WebSocketResponse) -> int:
        """Answer until the end; the close code."""
        while True:
            message = await socket.receive()
            connection.seen = time.monotonic()
            if message.type is _PING:
                await socket.pong(message.data)
            elif message.type is _TEXT:
                await self._answer(connection, message.data)
            elif (end := end_of(message)) is not None:
                return end[0]

    async def _answer(self, connection: Connection, text: str) -> None:
        if len(text) > MAX_CHARS:
            raise Crash("MessageTooLargeException")
        try:
            answer = self._standin.process(self._standin.clients, connection, text)
        except WireError as error:
            raise Crash(java_name(error)) from None
        self._standin.log.write(answer.log)
        if answer.replaced is not None:
            self._sockets.close(answer.replaced, WSCloseCode.OK, "")  # a ghost's socket is gone already
        for delivery in answer.deliveries:
            await self._deliver(*delivery)
        if answer.reply is not None:
            await self._sockets.write(connection, _packet(connection, answer.destination, *answer.reply))

    async def _deliver(self, connection: Connection, kind: PacketType, content: str) -> None:
        await self._sockets.write(connection, _packet(connection, connection.key, kind, content))

    async def _crash(self, socket: web.WebSocketResponse, error: str) -> None:
        self._standin.log.write(lines.failed(f"java.lang.{error}"))
        await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=reason_bytes(error))


async def deny(standin: Standin, socket: web.WebSocketResponse) -> None:
    """Close who does not say who it is (cloud-server.md §3)."""
    standin.log.write(lines.failed("java.lang.NullPointerException"))
    await socket.close(code=WSCloseCode.PROTOCOL_ERROR, message=b"DENIED, NOT VALID HANDSHAKE")


def idle_reason() -> str:
    """What a connection hears that was silent for too long."""
    return f"TimeoutException: Idle timeout expired: {IDLE_SECONDS * 1000:.0f} ms"


def java_name(error: WireError) -> str:
    """What Java calls an error."""
    return "JsonSyntaxException" if isinstance(error, Unreadable) else "NullPointerException"


def _packet(connection: Connection, destination: str, kind: PacketType, content: str) -> str:
    return envelope.encode(Packet(str(uuid4()), connection.server_key, destination, kind, content))
