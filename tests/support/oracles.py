"""Echo servers of other people's libraries, each in a thread of its own: what they take is RFC 6455."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager

import picows
from aiohttp import web
from websockets.asyncio.server import ServerConnection, serve

Tls = ssl.SSLContext | None


def parts(payload: bytes) -> list[bytes]:
    """Cut by the payload's own length into one to five, some of them empty."""
    count = len(payload) % 5 + 1
    size = len(payload) // count
    return [payload[at * size : (at + 1) * size if at + 1 < count else None] for at in range(count)]


async def _by_websockets(connection: ServerConnection) -> None:
    """In fragments, which it makes of a list."""
    async for message in connection:
        text = isinstance(message, str)
        # It encodes each part by itself, so text may be cut between characters only.
        await connection.send([message[:1], message[1:]] if text else parts(bytes(message)))


@asynccontextmanager
async def websockets(tls: Tls) -> AsyncIterator[int]:
    async with serve(_by_websockets, "127.0.0.1", 0, ssl=tls, compression=None, max_size=None) as server:
        yield next(iter(server.sockets)).getsockname()[1]


async def _by_aiohttp(request: web.Request) -> web.WebSocketResponse:
    """In whole frames: it makes no others."""
    ws = web.WebSocketResponse(max_msg_size=0, compress=False)
    await ws.prepare(request)
    async for message in ws:
        await (ws.send_str if message.type is web.WSMsgType.TEXT else ws.send_bytes)(message.data)
    return ws


@asynccontextmanager
async def aiohttp(tls: Tls) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_get("/", _by_aiohttp)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


class _ByPicows(picows.WSListener):
    """In fragments, also in the midst of a character; a ping goes between them."""

    def __init__(self) -> None:
        super().__init__()
        self._heard = b""
        self._kind = picows.WSMsgType.BINARY

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        if frame.msg_type in {picows.WSMsgType.TEXT, picows.WSMsgType.BINARY}:
            self._kind, self._heard = frame.msg_type, b""
        elif frame.msg_type is not picows.WSMsgType.CONTINUATION:
            return
        self._heard += frame.get_payload_as_bytes()
        if frame.fin:
            self._answer(transport)

    def _answer(self, transport: picows.WSTransport) -> None:
        kind, pieces = self._kind, parts(self._heard)
        for number, piece in enumerate(pieces, 1):
            transport.send(kind, piece, fin=number == len(pieces))
            kind = picows.WSMsgType.CONTINUATION
            if number < len(pieces):
                transport.send_ping(b"between")


@asynccontextmanager
async def by_picows(tls: Tls) -> AsyncIterator[int]:
    plain = {"ssl": tls, "use_aiofastnet": False}  # the TLS of aiofastnet crashes the process
    async with await picows.ws_create_server(lambda _: _ByPicows(), "127.0.0.1", 0, **plain) as server:
        yield server.sockets[0].getsockname()[1]


SERVERS: dict[str, Callable[[Tls], AbstractAsyncContextManager[int]]] = {
    "websockets": websockets,
    "aiohttp": aiohttp,
    "picows": by_picows,
}


@contextmanager
def serving(name: str, tls: Tls = None) -> Iterator[int]:
    """One of SERVERS; its port."""
    started: list[int] = []
    ready, loop, ended = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        async with SERVERS[name](tls) as port:
            started.append(port)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert ready.wait(10), "it does not start"
        yield started[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        assert not thread.is_alive()
        loop.close()
