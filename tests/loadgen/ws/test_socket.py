"""Our WebSocket against real servers: other libraries' good ones, and raw sockets that lie."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from websockets.asyncio.server import serve

from loadgen import trouble
from loadgen.ws import handshake
from loadgen.ws.dial import Dialer, bind, loopback_sources, target
from loadgen.ws.frames import Opcode, frame
from loadgen.ws.reactor import Reactor
from loadgen.ws.socket import WebSocket
from support.authority import Authority, authority

KEY = b"\x01\x02\x03\x04"


class Ear:
    """Keeps what it is told, and can wait for it."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.news = asyncio.Event()

    def _tell(self, what: object) -> None:
        self.told.append(what)
        self.news.set()

    def connected(self, retransmits: int | None) -> None:
        self._tell(("connected", retransmits))

    def opened(self) -> None:
        self._tell("opened")

    def message(self, opcode: int, payload: memoryview) -> None:
        self._tell((opcode, bytes(payload)))

    def ponged(self, payload: bytes) -> None:
        self._tell(("pong", payload))

    def closed(self, kind: str | None) -> None:
        self._tell(("closed", kind))

    async def hear(self, what: object) -> None:
        async with asyncio.timeout(10):
            while what not in self.told:
                self.news.clear()
                await self.news.wait()

    @property
    def end(self) -> str | None:
        (kind,) = [event[1] for event in self.told if isinstance(event, tuple) and event[0] == "closed"]
        return kind

    async def ended(self) -> str | None:
        async with asyncio.timeout(10):
            while not any(isinstance(event, tuple) and event[0] == "closed" for event in self.told):
                self.news.clear()
                await self.news.wait()
        return self.end


@pytest.fixture
async def reactor() -> AsyncIterator[Reactor]:
    made = Reactor()
    yield made
    made.close()


async def dial(reactor: Reactor, url: str, **more) -> tuple[Ear, WebSocket]:
    ear = Ear()
    dialer = Dialer(reactor, target(url), **more)
    await dialer.find()
    return ear, dialer.dial(ear)


# Good servers.


async def echo_by_websockets(connection) -> None:
    async for message in connection:
        await connection.send(message)


async def echo_by_aiohttp(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for message in ws:
        await (ws.send_str if message.type is web.WSMsgType.TEXT else ws.send_bytes)(message.data)
    return ws


@pytest.fixture(params=["websockets", "aiohttp"])
async def good(request) -> AsyncIterator[str]:
    if request.param == "websockets":
        async with serve(echo_by_websockets, "127.0.0.1", 0, compression=None) as server:
            yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"
        return
    app = web.Application()
    app.router.add_get("/", echo_by_aiohttp)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"ws://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 500_000])
async def test_messages_of_any_size_come_back(reactor: Reactor, good: str, size: int):
    ear, ws = await dial(reactor, good)
    await ear.hear("opened")
    payload = bytes(number % 251 for number in range(size))
    ws.send(frame(Opcode.BINARY, payload, KEY))
    ws.send(frame(Opcode.TEXT, "aé€".encode(), KEY))
    await ear.hear((Opcode.TEXT, "aé€".encode()))
    ws.ping(b"are you there")
    await ear.hear(("pong", b"are you there"))
    ws.close(1000, b"enough")
    assert await ear.ended() is None
    messages = [(Opcode.BINARY, payload), (Opcode.TEXT, "aé€".encode())]
    assert ear.told == [
        ("connected", 0), "opened", *messages, ("pong", b"are you there"), ("closed", None)
    ]  # fmt: skip


async def test_a_subprotocol_and_headers_arrive(reactor: Reactor):
    seen = []

    async def server(connection) -> None:
        seen.append((connection.subprotocol, connection.request.headers["X-One"], connection.request.path))

    async with serve(server, "127.0.0.1", 0, subprotocols=["chat"]) as serving:
        port = next(iter(serving.sockets)).getsockname()[1]
        url = f"ws://127.0.0.1:{port}/a?b"
        ear, _ = await dial(reactor, url, protocol="chat", headers=[("X-One", "1")])
        assert await ear.ended() == trouble.closed(1000)
    assert seen == [("chat", "1", "/a?b")]


# TLS.


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[tuple[str, Authority]]:
    """The address of a wss:// server called localhost, and the authority that vouches for it."""
    vouching = authority(tmp_path, "localhost")
    async with serve(echo_by_websockets, "127.0.0.1", 0, ssl=vouching.server(), compression=None) as server:
        yield f"localhost:{next(iter(server.sockets)).getsockname()[1]}", vouching


def trusting(vouching: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=vouching.bundle)


@pytest.mark.parametrize("size", [1, 70_000, 500_000])
async def test_messages_come_back_through_tls(reactor: Reactor, secure, size: int):
    address, vouching = secure
    ear, ws = await dial(reactor, f"wss://{address}/", tls=trusting(vouching))
    await ear.hear("opened")
    payload = bytes(number % 251 for number in range(size))
    for _ in range(3):
        ws.send(frame(Opcode.BINARY, payload, KEY))
    ws.send(frame(Opcode.TEXT, b"last", KEY))
    await ear.hear((Opcode.TEXT, b"last"))
    assert ear.told.count((Opcode.BINARY, payload)) == 3
    ws.close(1000)
    assert await ear.ended() is None


async def test_a_certificate_of_nobody_we_trust(reactor: Reactor, secure):
    ear, _ = await dial(reactor, f"wss://{secure[0]}/")
    assert await ear.ended() == trouble.BAD_CERTIFICATE


async def test_a_certificate_for_somebody_else(reactor: Reactor, secure):
    address, vouching = secure
    port = address.partition(":")[2]
    where = target(f"wss://127.0.0.1:{port}/")._replace(host="other.test")
    ear = Ear()
    dialer = Dialer(reactor, where, tls=trusting(vouching))
    dialer._found = (socket.AF_INET, ("127.0.0.1", int(port)))
    dialer.dial(ear)
    assert await ear.ended() == trouble.BAD_CERTIFICATE


async def test_tls_towards_a_server_without(reactor: Reactor, good: str):
    ear, _ = await dial(reactor, good.replace("ws:", "wss:"))
    assert await ear.ended() in {trouble.BROKEN_TLS, trouble.DROPPED, trouble.RESET}
    assert ("connected", 0) in ear.told


# Servers that lie.

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


@pytest.fixture
async def upgraded() -> AsyncIterator[Callable[..., object]]:
    """Starts a server that upgrades and then writes bytes, all at once or one by one; gives its URL."""
    servers = []

    async def start(data: bytes, *, then: str = "wait", slowly: bool = False) -> str:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            key = request.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0].encode()
            answer = (
                b"HTTP/1.1 101 Hm\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                + handshake.accepted(key)
                + b"\r\n\r\n"
                + data
            )
            for piece in [answer[at : at + 1] for at in range(len(answer))] if slowly else [answer]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if then == "reset":
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            elif then == "wait":
                heard.append(await reader.read())
            writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    heard: list[bytes] = []
    start.heard = heard  # type: ignore[attr-defined]
    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


FRAMES = b"\x82\x03abc\x8a\x02ok\x01\x01d\x89\x02hm\x80\x01e\x81\x7e\x00\x80" + b"f" * 128 + b"\x82\x00"
EVENTS = [
    (Opcode.BINARY, b"abc"),
    ("pong", b"ok"),
    (Opcode.TEXT, b"de"),
    (Opcode.TEXT, b"f" * 128),
    (Opcode.BINARY, b""),
]


@pytest.mark.parametrize("slowly", [False, True])
async def test_frames_that_come_with_the_upgrade_or_byte_by_byte(reactor: Reactor, upgraded, slowly: bool):
    url = await upgraded(FRAMES + b"\x88\x02\x0f\xa1", slowly=slowly)
    ear, _ = await dial(reactor, url)
    assert await ear.ended() == "closed by the server with 4001"
    assert ear.told == [("connected", 0), "opened", *EVENTS, ("closed", "closed by the server with 4001")]
    async with asyncio.timeout(10):
        while not upgraded.heard:
            await asyncio.sleep(0.01)
    pong, close = upgraded.heard[0][:8], upgraded.heard[0][8:]
    assert (pong[:2], close[:2]) == (b"\x8a\x82", b"\x88\x82"), "the ping was answered, and the close frame"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x81\x81\x00\x00\x00\x00a", trouble.MASKED_FRAME),
        (b"\xf1\x00", trouble.RESERVED_BITS),
        (b"\x82\x7f\x00\x00\x01\x00\x00\x00\x00\x00", trouble.TOO_LARGE),
        (b"\x81\x02\xff\xff", trouble.INVALID_UTF8),
        (b"\x01\x00" + b"\x00\x00" * 70_000, trouble.ENDLESS_FRAGMENTS),
        (b"\x88\x01\x00", trouble.BAD_CLOSE),
        (b"\x88\x02\x03\xec", trouble.BAD_CLOSE),
        (b"\x88\x03\x03\xe8\xff", trouble.INVALID_UTF8),
        (b"\x8a\x7e\x00\x80" + b"p" * 128, trouble.BAD_CONTROL),
        (b"\x88\x00", "closed by the server with 1005"),
    ],
)
async def test_each_lie_has_its_name(reactor: Reactor, upgraded, data: bytes, kind: str):
    ear, _ = await dial(reactor, await upgraded(b"\x82\x01x" + data))
    assert await ear.ended() == kind
    assert ear.told[2] == (Opcode.BINARY, b"x"), "what came before is told"


@pytest.mark.parametrize("code", [*range(1000, 1004), *range(1007, 1015), 3000, 4999])
async def test_every_close_code_has_its_name(reactor: Reactor, upgraded, code: int):
    ear, _ = await dial(reactor, await upgraded(b"\x88\x02" + code.to_bytes(2, "big")))
    assert await ear.ended() == f"closed by the server with {code}"


@pytest.mark.parametrize(("then", "kinds"), [("drop", {trouble.DROPPED}), ("reset", {trouble.RESET})])
async def test_an_end_without_a_close_frame(reactor: Reactor, upgraded, then: str, kinds: set[str]):
    ear, ws = await dial(reactor, await upgraded(b"\x82\x01x", then=then))
    assert await ear.ended() in kinds
    ws.send(b"nobody hears this")
    ws.close(1000)
    ws.abort()
    assert ear.end in kinds, "the end is told once"


async def test_a_server_that_does_not_read_is_written_to_later(reactor: Reactor):
    begin = asyncio.Event()
    sizes = []

    async def server(connection) -> None:
        connection.transport.pause_reading()
        await begin.wait()
        connection.transport.resume_reading()
        sizes.extend([len(message) async for message in connection])

    async with serve(server, "127.0.0.1", 0, compression=None, max_size=None) as serving:
        ear, ws = await dial(reactor, f"ws://127.0.0.1:{next(iter(serving.sockets)).getsockname()[1]}/")
        await ear.hear("opened")
        for number in range(20):
            ws.send(frame(Opcode.BINARY, bytes(500_000 + number), KEY))
        assert ws._unsent
        ws.close(1000)
        begin.set()
        assert await ear.ended() is None
    assert sizes == [500_000 + number for number in range(20)]


async def test_a_flood_of_pings_from_a_server_that_reads_no_pong(reactor: Reactor):
    """What cannot be sent must not pile up."""
    flood = (b"\x89\x7d" + bytes(125)) * 1000
    left = asyncio.Event()

    async def floods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = request.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0].encode()
        writer.write(b"HTTP/1.1 101 Hm\r\nUpgrade: websocket\r\nConnection: upgrade\r\n")
        writer.write(b"Sec-WebSocket-Accept: " + handshake.accepted(key) + b"\r\n\r\n")
        for _ in range(160):
            writer.write(flood)
            await writer.drain()
        writer.write(b"\x82\x04last")
        await left.wait()
        writer.transport.abort()

    server = await asyncio.start_server(floods, "127.0.0.1", 0, limit=1024)
    ear, ws = await dial(reactor, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    await ear.hear((Opcode.BINARY, b"last"))
    assert ws._unsent is not None
    assert 2**16 <= len(ws._unsent) < 2**16 + 200
    ws.abort()
    left.set()
    server.close()
    await server.wait_closed()


async def test_abort_is_told_at_once_and_once(reactor: Reactor, good: str):
    ear, ws = await dial(reactor, good)
    await ear.hear("opened")
    ws.abort()
    assert ear.end == trouble.CUT
    ws.abort()
    assert ear.end == trouble.CUT


# Ways to get there.


async def test_a_syn_that_is_sent_again_is_counted(reactor: Reactor):
    """A full listen queue drops SYNs; the kernel sends one again after a second."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        with socket.create_connection(address):
            ear, ws = await dial(reactor, f"ws://127.0.0.1:{address[1]}/")
            await asyncio.sleep(0.3)
            assert ear.told == []
            listening.accept()[0].close()
            await ear.hear(("connected", 1))
            ws.abort()


async def test_connections_come_from_the_sources_in_turns(reactor: Reactor):
    peers = []

    async def server(connection) -> None:
        peers.append(connection.remote_address[0])
        await connection.wait_closed()

    async with serve(server, "127.0.0.1", 0) as serving:
        url = f"ws://127.0.0.1:{next(iter(serving.sockets)).getsockname()[1]}/"
        dialer = Dialer(reactor, target(url), sources=["127.0.0.2", "127.0.0.3"])
        await dialer.find()
        ears = [Ear() for _ in range(4)]
        sockets = [dialer.dial(ear) for ear in ears]
        for ear, ws in zip(ears, sockets, strict=True):
            await ear.hear("opened")
            ws.close(1000)
            assert await ear.ended() is None
    assert sorted(peers) == ["127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3"]


def test_a_foreign_source_is_refused():
    with socket.socket() as sock, pytest.raises(OSError, match="Cannot assign"):
        bind(sock, "192.0.2.1")


async def test_nobody_listens_and_nobody_is_called_that(reactor: Reactor, closed_port: int):
    refused, _ = await dial(reactor, f"ws://127.0.0.1:{closed_port}/")
    assert refused.told == [], "told from the loop, not by the call itself"
    assert await refused.ended() == trouble.CONNECTION_REFUSED
    unknown = Ear()
    Dialer(reactor, target("ws://nobody.invalid:1/")).dial(unknown)  # not found: nobody looked
    assert unknown.told == []
    assert await unknown.ended() == trouble.UNKNOWN_HOST


async def test_of_several_addresses_one_that_answers_is_taken(reactor: Reactor, good: str):
    ear, ws = await dial(reactor, good.replace("127.0.0.1", "localhost"))
    await ear.hear("opened")
    ws.close(1000)
    assert await ear.ended() is None


@pytest.mark.parametrize(
    ("host", "connections", "sources"),
    [
        ("127.0.0.1", 10_000, ()),
        ("127.0.0.1", 10_001, ("127.0.0.1", "127.0.0.2")),
        ("localhost", 25_000, ("127.0.0.1", "127.0.0.2", "127.0.0.3")),
        ("10.0.0.1", 50_000, ()),
        ("::1", 50_000, ()),
        ("example.test", 50_000, ()),
    ],
)
def test_one_loopback_address_for_ten_thousand(host: str, connections: int, sources: tuple[str, ...]):
    assert loopback_sources(host, connections) == sources


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("ws://h:1", ("h", 1, "h:1", "/", False)),
        ("wss://[::1]/a/?b=c", ("::1", 443, "[::1]", "/a/?b=c", True)),
        ("ws://h/a", ("h", 80, "h", "/a", False)),
    ],
)
def test_the_parts_of_an_address(url: str, parts: tuple):
    assert target(url) == parts
