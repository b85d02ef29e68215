"""Small real servers on loopback that speak the protocol as far as a test wants, and lie from there on."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
from aiohttp import web

from cloudserver.session import PATH
from cloudserver.wire import NetworkServiceType, Packet, PacketType, contents, envelope, handshake

Script = Callable[["Talk"], Awaitable[None]]
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Talk:
    """The server's side of one upgraded connection."""

    def __init__(self, request: web.Request, ws: web.WebSocketResponse) -> None:
        self.request = request
        self.ws = ws
        self.temporary = handshake.decode_main(request.headers[handshake.HEADER]).temporary

    async def say(self, kind: PacketType, content: contents.Content) -> None:
        packet = Packet(str(uuid4()), "04BB", self.temporary, kind, contents.encode(content))
        await self.ws.send_str(envelope.encode(packet))

    async def shake_hands(self) -> None:
        await self.say(PacketType.SERVER_HANDSHAKE_RESPOND, contents.ServerHandshake("04BB"))

    async def hear(self) -> Packet:
        """The next packet of the client."""
        return envelope.decode(await self.ws.receive_str())

    async def register(self, kind: PacketType = PacketType.COMPLETE_COMPONENT_REGISTRATION) -> None:
        await self.shake_hands()
        assert (await self.hear()).type is PacketType.COMPONENT_REGISTRATION_REQUEST
        await self.say(kind, contents.Registration(NetworkServiceType.UNDEFINED, "{}"))

    async def answer(self, kind: PacketType = PacketType.REQUEST_LIST_COMPONENT_REGISTERED) -> None:
        """Answer one list request."""
        assert (await self.hear()).type is PacketType.REQUEST_LIST_COMPONENT_REGISTERED
        good = kind is PacketType.REQUEST_LIST_COMPONENT_REGISTERED
        undefined = NetworkServiceType.UNDEFINED
        await self.say(kind, contents.ListAnswer() if good else contents.ListRequest(undefined, "{}"))

    async def serve(self) -> None:
        """Be good until the client leaves."""
        async for message in self.ws:
            assert envelope.decode(message.data).type is PacketType.REQUEST_LIST_COMPONENT_REGISTERED
            await self.say(PacketType.REQUEST_LIST_COMPONENT_REGISTERED, contents.ListAnswer())

    def write(self, frames: bytes) -> None:
        """Bytes, as they are."""
        assert self.request.transport is not None
        self.request.transport.write(frames)

    def drop(self) -> None:
        """End the TCP connection without a close frame."""
        assert self.request.transport is not None
        self.request.transport.close()

    def reset(self) -> None:
        """End it with an RST."""
        assert self.request.transport is not None
        linger = struct.pack("ii", 1, 0)
        self.request.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, linger
        )
        self.request.transport.close()


@pytest.fixture
async def talk() -> AsyncIterator[Callable[[Script], Awaitable[str]]]:
    """Starts a server that upgrades and then does what a script says; gives its URL."""
    runners = []

    async def start(script: Script) -> str:
        async def handle(request: web.Request) -> web.WebSocketResponse:
            ws = web.WebSocketResponse(timeout=0.1)
            await ws.prepare(request)
            await script(Talk(request, ws))
            return ws

        app = web.Application()
        app.router.add_get(PATH, handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"ws://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def raw() -> AsyncIterator[Callable[[Raw], Awaitable[str]]]:
    """Starts a TCP server that speaks as a handler likes; gives its URL."""
    servers = []

    async def start(handler: Raw) -> str:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handler(reader, writer)
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture
def full() -> Iterator[str]:
    """Listens, and its queue is full: nobody else's TCP connect is ever answered. Its URL."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(listening.getsockname())
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def closed_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
