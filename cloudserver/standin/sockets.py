"""Open WebSockets of one endpoint: how they begin, how others write to them, and how they are closed."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

LOST = WSCloseCode.ABNORMAL_CLOSURE
"""Never on the wire: there was no close frame."""
_MOST_REASON = 123
"""Bytes of a close frame's reason (RFC 6455 §5.5)."""


class _Heard(Protocol):
    seen: float


C = TypeVar("C", bound=_Heard)


async def upgrade(request: web.Request) -> web.WebSocketResponse:
    """Make a WebSocket of a request, or HTTPNotFound if it does not ask for one.

    As the real server: no compression, no pings of its own, no limit while a message is incomplete, and none
    to what waits for a slow reader: nobody waits until there is room (§5.2, H6).
    """
    socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=0, writer_limit=sys.maxsize)
    if not socket.can_prepare(request):
        raise web.HTTPNotFound
    await socket.prepare(request)
    return socket


def end_of(message: WSMessage) -> tuple[int, str] | None:
    """Close code and reason, if a message is the end of a connection."""
    kind = message.type
    if kind is WSMsgType.CLOSE:
        return int(message.data), str(message.extra or "")
    if kind is WSMsgType.CLOSING:  # we are closing it ourselves
        return WSCloseCode.OK, ""
    if kind is WSMsgType.CLOSED:
        return LOST, ""
    if kind is WSMsgType.ERROR:
        code = getattr(message.data, "code", LOST)  # which bytes that break the rules have
        return code, str(message.data)
    return None


class Sockets(Generic[C]):
    """The open sockets, by their connection."""

    def __init__(self) -> None:
        self._sockets: dict[C, web.WebSocketResponse] = {}
        self._closing: set[asyncio.Task[bool]] = set()

    def __setitem__(self, connection: C, socket: web.WebSocketResponse) -> None:
        self._sockets[connection] = socket

    def __delitem__(self, connection: C) -> None:
        del self._sockets[connection]

    def silent_since(self, oldest: float) -> list[C]:
        """Whoever was last heard before `oldest` (seconds, monotonic)."""
        return [connection for connection in self._sockets if connection.seen < oldest]

    async def write(self, connection: C, text: str) -> None:
        """Send. A socket that has ended loses the text; its next event tells so."""
        socket = self._sockets.get(connection)
        if socket is not None:
            with suppress(ConnectionError):
                await socket.send_str(text)

    def close(self, connection: C, code: int, reason: str) -> None:
        """Close a socket that another task is reading; that task then ends by itself. None is none."""
        socket = self._sockets.get(connection)
        if socket is not None:
            task = asyncio.ensure_future(socket.close(code=code, message=reason_bytes(reason)))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


def reason_bytes(reason: str) -> bytes:
    """A close frame's reason, cut to what a frame can hold: the real server breaks down over a longer one."""
    return reason.encode()[:_MOST_REASON].decode(errors="ignore").encode()
