"""One HTTP request by callbacks, against real servers, good and bad."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from loadgen import trouble
from loadgen.ws.dial import Dialer, target
from loadgen.ws.post import Post, read
from loadgen.ws.reactor import Reactor

Said = tuple[str | None, bytes]


async def asked(url: str, body: bytes = b"a=b") -> Said:
    """What a POST to this server comes to."""
    reactor = Reactor()
    said: asyncio.Future[Said] = asyncio.get_running_loop().create_future()

    def done(_: Post, kind: str | None, answer: bytes) -> None:
        said.set_result((kind, answer))

    try:
        dialer = Dialer(reactor, target(url))
        await dialer.find()
        dialer.post("/here", "text/plain", body, done)
        async with asyncio.timeout(5):
            return await said
    finally:
        reactor.close()


async def test_a_whole_answer_of_a_real_server() -> None:
    async def echo(request: web.Request) -> web.Response:
        assert request.headers["Connection"] == "close"
        assert request.content_type == "text/plain"
        return web.Response(body=await request.read())

    app = web.Application(client_max_size=2**24)
    app.router.add_post("/here", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"ws://127.0.0.1:{runner.addresses[0][1]}"
    try:
        assert await asked(url) == (None, b"a=b")
        large = bytes(range(256)) * 20_000  # more than the socket takes at once
        assert await asked(url, large) == (None, large)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", (None, b"ab")),
        (b"HTTP/1.1 200 OK\r\n\r\nab", (None, b"ab")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", (None, b"ab")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", (trouble.BAD_HTTP, b"")),
        (b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nab", ("answered with HTTP 500", b"")),
        (b"SSH-2.0\r\n", (trouble.BAD_HTTP, b"")),
        (b"", (trouble.BAD_HTTP, b"")),
    ],
)
async def test_every_ending_has_its_name(
    raw: Callable[[Callable[..., Awaitable[None]]], Awaitable[str]], answer: bytes, said: Said
) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"a=b")
        writer.write(answer)
        await writer.drain()

    assert await asked(await raw(handler)) == said


async def test_nobody_is_there(closed_port: int) -> None:
    assert await asked(f"ws://127.0.0.1:{closed_port}") == (trouble.CONNECTION_REFUSED, b"")


def test_a_body_in_broken_chunks_is_no_answer() -> None:
    assert read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") == (None, b"")
