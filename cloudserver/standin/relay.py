"""The WebSocket endpoint `/fermat/vpn/`: what one end of a VPN says, the other hears (cloud-server.md §5.9).

Never seen in the real server (real-cloud-server.md §4). Where its source does not tell, the simplest holds,
unverified: text that is not a packet is an error like any other; an end that is lost is an error to its peer,
for 1006 cannot be sent; and a VPN outlives the main connections of its ends.
"""

from __future__ import annotations

import time
from uuid import uuid4

from aiohttp import WSCloseCode, WSMsgType, web

from cloudserver.standin import endpoint, lines
from cloudserver.standin.sockets import LOST, Sockets, end_of, reason_bytes, upgrade
from cloudserver.standin.state import Crash, Standin
from cloudserver.standin.vpns import End, completed
from cloudserver.wire import MAX_CHARS, PacketType, WireError, handshake

_ERROR = WSCloseCode.PROTOCOL_ERROR
_NORMAL = (WSCloseCode.OK, 0)  # 0: a close frame without a code
_TEXT, _PING = WSMsgType.TEXT, WSMsgType.PING


class VpnEndpoint:
    """All open ends of VPNs."""

    def __init__(self, standin: Standin, main: endpoint.MainEndpoint) -> None:
        """`main` tells the clients when both ends are there."""
        self._standin = standin
        self._main = main
        self._sockets: Sockets[End] = Sockets()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one end from the upgrade to its end. The server says nothing first."""
        socket = await upgrade(request)
        header = request.headers.get(handshake.HEADER)
        if header is None:
            await endpoint.deny(self._standin, socket)
            return socket
        try:
            end = End(header, time.monotonic())
        except WireError as error:
            await self._fail(socket, endpoint.java_name(error))
            return socket
        await self._serve(end, socket)
        return socket

    def sweep(self, now: float) -> None:
        """Close whoever has been silent for too long; nobody pings here, so every silent VPN ends."""
        for end in self._sockets.silent_since(now - endpoint.IDLE_SECONDS):
            self._sockets.close(end, _ERROR, _reason(endpoint.idle_reason()))
            self._leave(end, _ERROR, endpoint.idle_reason())

    async def _serve(self, end: End, socket: web.WebSocketResponse) -> None:
        self._sockets[end] = socket
        self._standin.log.write(lines.vpn_opened(end.own, end.remote, end.service, end.client_key))
        peer = self._standin.vpns.join(end)
        code, reason = int(LOST), ""
        try:
            if peer is not None:
                await self._complete(end, peer)
                await self._complete(peer, end)
            code, reason = await self._converse(end, socket)
        except Crash as crash:
            code, reason = _ERROR, str(crash)
            await self._fail(socket, reason)
        except ConnectionError:
            pass  # it left while we were sending: lost
        finally:
            del self._sockets[end]
            self._standin.log.write(lines.vpn_closed(end.own, code))
            self._leave(end, code, reason)

    async def _complete(self, end: End, other: End) -> None:
        content = completed(end, other)
        await self._main.tell(end.client, PacketType.COMPLETE_COMPONENT_CONNECTION_REQUEST, content)

    def _leave(self, end: End, code: int, reason: str) -> None:
        """Clean up, and close the peer's socket as §3 says."""
        peer = self._standin.vpns.leave(end)
        if peer is None:
            return
        if code in _NORMAL:
            reason = f"The remote participant close the connection. Details: {reason}"
            self._sockets.close(peer, WSCloseCode.OK, reason)
        else:
            self._sockets.close(peer, _ERROR if code == LOST else code, f"Details: {reason}")

    async def _converse(self, end: End, socket: web.WebSocketResponse) -> tuple[int, str]:
        """Relay until the end; close code and reason."""
        while True:
            message = await socket.receive()
            end.seen = time.monotonic()
            if message.type is _TEXT:
                await self._relay(end, message.data)
            elif message.type is _PING:
                await socket.pong(message.data)
            elif (closed := end_of(message)) is not None:
                return closed

    async def _relay(self, end: End, text: str) -> None:
        if len(text) > MAX_CHARS:
            raise Crash("MessageTooLargeException")
        try:
            server_key = self._standin.clients.vpn_key
            relayed = self._standin.vpns.relay(end, text, server_key, str(uuid4()))
        except WireError as error:
            raise Crash(endpoint.java_name(error)) from None
        self._standin.log.write(relayed.log)
        if relayed.to is not None:
            await self._sockets.write(relayed.to, relayed.text)

    async def _fail(self, socket: web.WebSocketResponse, error: str) -> None:
        self._standin.log.write(lines.failed(f"java.lang.{error}"))
        await socket.close(code=_ERROR, message=reason_bytes(_reason(error)))


def _reason(error: str) -> str:
    return f"Server detect a error, close connection. Details: {error}"
