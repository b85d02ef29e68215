"""Who is paused reads nothing but what it takes, sends all the same, and hears the rest when it goes on."""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection, serve

from loadgen.ws.dial import Dialer, target
from loadgen.ws.frames import Opcode, frame
from loadgen.ws.reactor import Reactor
from loadgen.ws.socket import WebSocket


class Ear:
    """Keeps messages."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.over = asyncio.Event()
        self.messages: list[bytes] = []

    def connected(self, retransmits: int | None) -> None:
        pass

    def opened(self) -> None:
        self.open.set()

    def message(self, _: int, payload: memoryview) -> None:
        self.messages.append(bytes(payload))

    def ponged(self, payload: bytes) -> None:
        pass

    def closed(self, _: str | None) -> None:
        self.over.set()


def say(socket: WebSocket, text: bytes) -> None:
    socket.send(frame(Opcode.TEXT, text, b"\x01\x02\x03\x04"))


async def test_bites() -> None:
    heard: list[str | bytes] = []

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            heard.append(message)
            await connection.send(message)

    reactor, ear = Reactor(), Ear()
    try:
        async with (
            serve(echo, "127.0.0.1", 0, compression=None, max_size=None) as server,
            asyncio.timeout(10),
        ):
            port = server.sockets[0].getsockname()[1]
            dialer = Dialer(reactor, target(f"ws://127.0.0.1:{port}/"))
            await dialer.find()
            socket = dialer.dial(ear)
            await ear.open.wait()
            socket.pause()
            say(socket, b"a" * 50)
            say(socket, b"b" * 50)
            large = b"c" * 3_000_000  # the kernel does not take it at once: the rest has to go while paused
            say(socket, large)
            while len(heard) < 3:
                await asyncio.sleep(0.01)
            assert ear.messages == []
            socket.take(52)
            assert ear.messages == [b"a" * 50]
            socket.take(51)
            assert ear.messages == [b"a" * 50]  # one byte is missing
            socket.take(1)
            assert ear.messages == [b"a" * 50, b"b" * 50]
            socket.resume()
            while len(ear.messages) < 3:
                await asyncio.sleep(0.01)
            assert ear.messages[2] == large
            socket.close(1000)
            await ear.over.wait()
    finally:
        reactor.close()
