"""What is served, and that no client can make it slow."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermatkit.errors import ExitCode, UserError
from fermatkit.measures import Measure
from sidecar.config.settings import HealthSettings
from sidecar.core.nouns import Identity
from sidecar.core.observations import Sampled
from sidecar.web import app, door
from sidecar.web.events import Events
from support.site import Site, serving


async def test_health_while_all_is_well(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/health") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/health+json"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Content-Language"] == "en"
        assert (await answer.json(content_type=None))["status"] == "pass"


async def test_health_with_a_warning(site: Site, client: aiohttp.ClientSession) -> None:
    site.book.sees(Sampled(Identity(100, 1), "S", {Measure.DISK_FREE: 900.0 * 2**20}))
    async with client.get(f"{site.url}/health") as answer:
        assert answer.status == 200
        assert (await answer.json(content_type=None))["status"] == "warn"


async def test_health_while_the_server_is_down(site: Site, client: aiohttp.ClientSession) -> None:
    site.book.dies(Identity(100, 1))
    async with client.get(f"{site.url}/health") as answer:
        assert answer.status == 503
        assert (await answer.json(content_type=None))["status"] == "fail"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html"),
        ("/page.css", "text/css"),
        *(
            (f"/{name}.js", "text/javascript")
            for name in ("page", "dom", "facts", "history", "incidents", "live", "words", "charts")
        ),
    ],
)
async def test_the_page_and_nothing_from_elsewhere(
    site: Site, client: aiohttp.ClientSession, path: str, content_type: str
) -> None:
    async with client.get(site.url + path) as answer:
        assert (answer.status, answer.content_type) == (200, content_type)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        text = await answer.text()
    assert "//" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "innerHTML" not in text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/other", 404),
        ("GET", "/health/", 404),
        ("GET", "/../etc/passwd", 404),
        ("GET", "/page/__init__.py", 404),
        ("POST", "/health", 405),
        ("DELETE", "/", 405),
    ],
)
async def test_anything_else_is_refused_in_one_line(
    site: Site, client: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    async with client.request(method, site.url + path) as answer:
        assert answer.status == status
        assert answer.content_type == "text/plain"
        assert len((await answer.text()).splitlines()) == 1
        assert answer.headers["Server"] == "fermat-sidecar"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_head_has_no_body(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.head(f"{site.url}/health") as answer:
        assert answer.status == 200
        assert await answer.read() == b""


HEALTH = b"GET /health HTTP/1.0\r\n\r\n"


async def ask(site: Site, raw: bytes) -> bytes:
    """Say this, and read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    try:
        writer.write(raw)
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # somebody speaks TLS
        b"nonsense\r\n\r\n",
        b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 5000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ],
)
async def test_a_bad_request_is_refused_and_leaves_no_trace(
    site: Site, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await ask(site, raw)
    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    assert not [record for record in caplog.records if record.levelno > logging.DEBUG]
    assert (await ask(site, HEALTH)).startswith(b"HTTP/1.0 200")


async def test_a_body_that_never_comes_is_not_waited_for(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
    async with asyncio.timeout(5):
        assert (await reader.read()).startswith(b"HTTP/1.1 405")
    writer.close()


paths = st.text(max_size=60).map(lambda path: f"GET /{path} HTTP/1.0\r\n\r\n".encode())


@settings(max_examples=100)
@given(st.binary(max_size=300) | paths)
async def test_any_bytes_at_all(raw: bytes) -> None:
    async with serving() as site:
        _, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(raw)
        assert (await ask(site, HEALTH)).startswith(b"HTTP/1.0 200")
        writer.close()


async def closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


async def test_who_asks_nothing_or_only_half_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "IDLE", 0.3)
    async with serving() as site:
        idle, idle_writer = await asyncio.open_connection("127.0.0.1", site.port)
        slow, slow_writer = await asyncio.open_connection("127.0.0.1", site.port)

        async def drip() -> None:
            for byte in b"GET /health HTTP/1.1\r\nX-Slow: " + b"x" * 1000:
                slow_writer.write(bytes([byte]))
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(10):
            assert await closed(idle)
            assert await closed(slow)
        assert not dripping.done()
        dripping.cancel()
        for writer in (idle_writer, slow_writer):
            writer.close()


@asynccontextmanager
async def crowd(site: Site, number: int) -> AsyncIterator[list[socket.socket]]:
    """So many connections, of which every third says half a request."""
    sockets = []
    try:
        for i in range(number):
            one = socket.create_connection(("127.0.0.1", site.port))
            sockets.append(one)
            if i % 3 == 0:
                one.send(b"GET /health HTTP/1.1\r\nX-Slow: ")
            await asyncio.sleep(0)
        yield sockets
    finally:
        for one in sockets:
            one.close()


async def test_hundreds_of_idle_clients_hold_nobody_off(site: Site, client: aiohttp.ClientSession) -> None:
    """What a watcher on the same loop would notice: how late its turns come, and how long an answer takes."""
    lags: list[float] = []

    async def watch() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            lags.append(time.monotonic() - before - 0.005)

    watching = asyncio.create_task(watch())
    async with crowd(site, 300) as sockets:
        began = time.monotonic()
        for _ in range(20):
            async with client.get(f"{site.url}/health", headers={"Connection": "close"}) as answer:
                assert answer.status == 200
        each = (time.monotonic() - began) / 20
        await asyncio.sleep(0.2)
        still = sum(not gone(one) for one in sockets)
    watching.cancel()
    print(f"300 idle: {still} stay; {each * 1000:.1f} ms an answer; loop lag ≤ {max(lags) * 1000:.1f} ms")
    assert door.MOST - 20 <= still <= door.MOST  # twenty gave way to those that asked something
    assert max(lags) < 0.5
    assert each < 0.5


def gone(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


async def test_who_asks_and_does_not_read_holds_nobody_off(site: Site, client: aiohttp.ClientSession) -> None:
    greedy = []
    for _ in range(20):
        one = socket.create_connection(("127.0.0.1", site.port))
        one.setblocking(False)
        one.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500)
        greedy.append(one)
    async with asyncio.timeout(20), client.get(f"{site.url}/health") as answer:
        assert answer.status == 200
    for one in greedy:
        one.close()


async def test_it_stops_at_once_with_clients_still_there() -> None:
    async with serving() as site, crowd(site, 60), aiohttp.ClientSession() as client:
        async with client.get(f"{site.url}/health") as answer:
            await answer.read()
        url, began = site.url, time.monotonic()
        await site.served.stop()
        assert time.monotonic() - began < 0.5
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.get(f"{url}/health")


LISTEN = """
import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(60)
"""


async def test_a_port_in_use_is_one_line_that_names_its_holder() -> None:
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", LISTEN, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    port = int(await holder.stdout.readline())
    try:
        with pytest.raises(UserError) as raised:
            await app.serve(HealthSettings(port=port), (), Events(NotImplemented))
    finally:
        holder.kill()
        await holder.wait()
    assert raised.value.code is ExitCode.CONFIGURATION
    assert f"127.0.0.1:{port} is in use (by pid {holder.pid})" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


async def test_an_address_that_is_not_ours_is_one_line() -> None:
    with pytest.raises(UserError) as raised:
        await app.serve(HealthSettings(host="192.0.2.1"), (), Events(NotImplemented))
    assert "[health] 192.0.2.1:9191 cannot be listened on" in str(raised.value)
