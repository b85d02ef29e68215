"""A Cloud Server that does as the test says: small lies over real sockets, in the test's own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from aiohttp import WSMsgType, web

from cloudserver.session import PATH
from cloudserver.wire import NetworkServiceType, Packet, PacketType, contents, envelope
from support.running import free_port

REGISTRATION = contents.encode(contents.Registration(NetworkServiceType.UNDEFINED, "{}"))
Script = Callable[["Peer"], Awaitable[None]]


class Peer:
    """One client's WebSocket, seen from the server."""

    def __init__(self, socket: web.WebSocketResponse, server: Scripted) -> None:
        self.socket = socket
        self.server = server

    async def send(self, kind: PacketType, content: str) -> None:
        await self.socket.send_str(envelope.encode(Packet(str(uuid4()), "04SRV", "04TMP", kind, content)))

    async def hears(self) -> PacketType:
        """The next packet; pings are answered meanwhile. Ends the script when the client ends the session."""
        while True:
            message = await self.socket.receive()
            if message.type is WSMsgType.TEXT:
                return envelope.decode(message.data).type
            if message.type is WSMsgType.PING:
                self.server.pings += 1
                with suppress(ConnectionResetError):  # who has left may have left words to read
                    await self.socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                self.server.pongs.append(message.data)
            else:
                raise EndOfSession

    async def handshake(self) -> None:
        content = contents.encode(contents.ServerHandshake("04SRV"))
        await self.send(PacketType.SERVER_HANDSHAKE_RESPOND, content)

    async def register(self) -> None:
        assert await self.hears() is PacketType.COMPONENT_REGISTRATION_REQUEST
        self.server.registrations += 1
        await self.send(PacketType.COMPLETE_COMPONENT_REGISTRATION, REGISTRATION)

    async def answer_list(self) -> None:
        assert await self.hears() is PacketType.REQUEST_LIST_COMPONENT_REGISTERED
        self.server.lists += 1
        await self.list()

    async def list(self) -> None:
        await self.send(PacketType.REQUEST_LIST_COMPONENT_REGISTERED, contents.encode(contents.ListAnswer()))

    async def serve(self) -> None:
        """All that a good server does."""
        await self.handshake()
        await self.register()
        await self.serve_on()

    async def serve_on(self) -> None:
        while True:
            await self.answer_list()


class EndOfSession(Exception):
    """The client has ended it."""


class Scripted:
    """What happened, and what is to happen."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.runner: web.AppRunner
        self.port = free_port()
        self.open = 0
        self.most_open = 0
        self.registrations = 0
        self.lists = 0
        self.pings = 0
        self.pongs: list[bytes] = []
        self.closes: list[int | None] = []
        self.answers: Callable[[web.Request], Awaitable[web.StreamResponse]] = _running
        self.upgrades: Callable[[web.Request], Awaitable[None]] = _at_once
        self.slow_close = 0.0

    async def listen(self) -> None:
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()

    async def user(self, request: web.Request) -> web.StreamResponse:
        return await self.answers(request)

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        await self.upgrades(request)
        socket = web.WebSocketResponse(autoping=False, autoclose=False)
        await socket.prepare(request)
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            await self.script(Peer(socket, self))
        except EndOfSession:
            await asyncio.sleep(self.slow_close)
        finally:
            self.closes.append(socket.close_code)
            self.open -= 1
        await socket.close()
        return socket


async def _running(_request: web.Request) -> web.StreamResponse:
    return web.Response(text="The User WebService is running ...")


async def _at_once(_request: web.Request) -> None:
    pass


@asynccontextmanager
async def scripted(script: Script = Peer.serve, *, listen: bool = True) -> AsyncIterator[Scripted]:
    """Serve on a free port, at once or when `listen` is called."""
    server = Scripted(script)
    app = web.Application()
    app.add_routes([web.get(PATH, server.websocket), web.get("/fermat/api/user", server.user)])
    server.runner = web.AppRunner(app, shutdown_timeout=0.1)
    await server.runner.setup()
    if listen:
        await server.listen()
    try:
        yield server
    finally:
        await server.runner.cleanup()
