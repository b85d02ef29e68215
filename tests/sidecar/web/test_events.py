"""The stream of ``/health``: what comes, how often, to how many, and how it ends."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from fermatkit.measures import Measure
from sidecar.core.nouns import Identity
from sidecar.core.observations import Sampled
from sidecar.core.view import View
from sidecar.web import door, events
from support.playbook import Playbook
from support.site import Site, serving

A = Identity(100, 1)
Event = tuple[int, dict[str, Any]]


@asynccontextmanager
async def stream(
    client: aiohttp.ClientSession, site: Site, accepted: str = ""
) -> AsyncIterator[aiohttp.ClientResponse]:
    async with client.get(f"{site.url}/api/v1/events", headers={"Accept-Language": accepted}) as answer:
        assert answer.status == 200
        yield answer


async def heard(answer: aiohttp.ClientResponse) -> Event:
    """The next event, read as a browser does."""
    fields = dict[str, str]()
    async with asyncio.timeout(20):
        while True:
            line = (await answer.content.readline()).decode().rstrip("\n")
            name, colon, value = line.partition(": ")
            if colon:
                fields[name] = value
            elif "data" in fields:
                assert fields["event"] == "health"
                return int(fields["id"]), json.loads(fields["data"])


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


async def test_at_once_and_then_each_change(site: Site, client: aiohttp.ClientSession) -> None:
    async with stream(client, site) as answer:
        assert answer.content_type == "text/event-stream"
        assert answer.headers["Content-Language"] == "en"
        assert answer.headers["Cache-Control"] == "no-store"
        assert await answer.content.readline() == b"retry: 1000\n"
        first, body = await heard(answer)
        assert body["status"] == "pass"
        site.book.dies(A)
        number, body = await heard(answer)
        assert (number, body["status"]) == (first + 1, "fail")


async def test_many_changes_are_one_event_a_second(site: Site, client: aiohttp.ClientSession) -> None:
    async with stream(client, site) as answer:
        first, _ = await heard(answer)
        began = time.monotonic()
        for i in range(50):
            site.book.sees(Sampled(A, "S", {Measure.CPU: float(i)}), after=0.01)
            await asyncio.sleep(0.01)
        number, body = await heard(answer)
        assert number - first <= time.monotonic() - began + 1
        while body["checks"]["cpu:utilization"][0]["observedValue"] != 49.0:
            number, body = await heard(answer)
        assert number - first <= time.monotonic() - began + 1


async def test_silence_means_that_the_sidecar_is_gone(site: Site, client: aiohttp.ClientSession) -> None:
    """A page waits for five seconds."""
    async with stream(client, site) as answer:
        first, _ = await heard(answer)
        began = time.monotonic()
        assert (await heard(answer))[0] == first + 1
        assert time.monotonic() - began > 2


class Looked(Playbook):
    """Counts how often somebody wants to know how it is."""

    looks = 0

    @property
    def view(self) -> View:
        self.looks += 1
        return super().view


async def test_nobody_listens_and_nothing_is_made(client: aiohttp.ClientSession) -> None:
    book = Looked()
    book.boots()
    async with serving(book) as site:
        book.sees(Sampled(A, "S", {}), after=1)
        assert book.looks == 0
        async with stream(client, site) as one, stream(client, site) as other:
            assert (await heard(one))[0] == (await heard(other))[0] == 1
            assert book.looks == 1
            book.dies(A)
            assert (await heard(one))[0] == (await heard(other))[0] == 2
            assert book.looks == 2
        while site.events.transports:  # noticed when the next is written
            book.sees(Sampled(A, "S", {}), after=1)
            await asyncio.sleep(0.1)
        before = book.looks
        book.sees(Sampled(A, "S", {}), after=1)
        await asyncio.sleep(1.2)
        assert book.looks == before


async def test_who_leaves_leaves_no_trace(
    site: Site, client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with stream(client, site) as answer:
        await heard(answer)
    async with asyncio.timeout(20):
        while site.events.transports:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0)
    assert caplog.records == []


async def test_who_reads_slowly_misses_some_and_holds_nobody_up(
    site: Site, client: aiohttp.ClientSession
) -> None:
    slow = socket.create_connection(("127.0.0.1", site.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.send(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with stream(client, site) as answer:
        await heard(answer)
        for _ in range(2):
            site.book.sees(Sampled(A, "S", {}), after=1)
            await heard(answer)
        (transport, other) = site.events.transports
        assert max(transport.get_write_buffer_size(), other.get_write_buffer_size()) < 2**18
    slow.close()


async def test_who_reads_nothing_is_let_go(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_PATIENCE", 0.2)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    deaf.connect(("127.0.0.1", site.port))
    deaf.send(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with asyncio.timeout(60):
        while not site.events.transports:
            await asyncio.sleep(0.01)
        (transport,) = site.events.transports
        transport.set_write_buffer_limits(1024)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1024)
        while site.events.transports:
            site.book.sees(Sampled(A, "S", {}), after=1)
            await asyncio.sleep(0.05)
    deaf.close()


async def test_so_many_and_no_more(
    site: Site, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST", 3)
    streams = (stream(client, site) for _ in range(3))
    async with next(streams), next(streams), next(streams):
        answer = await client.get(f"{site.url}/api/v1/events")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert "error" in await answer.json()


async def test_a_client_from_elsewhere_has_fewer(
    site: Site, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_OF_ONE", 2)
    monkeypatch.setattr(events, "_is_here", lambda address: address == "127.0.0.1")
    elsewhere = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
    async with (
        aiohttp.ClientSession(connector=elsewhere) as other,
        stream(other, site),
        stream(other, site),
        stream(client, site),
        stream(client, site),
        stream(client, site),
    ):
        answer = await other.get(f"{site.url}/api/v1/events")
        assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
        answer.close()


@pytest.mark.parametrize(
    ("address", "here"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False), ("fe80::1%eth0", False)],
)
def test_who_is_here(address: str, *, here: bool) -> None:
    assert events._is_here(address) is here


async def test_idle_connections_do_not_end_a_stream(site: Site, client: aiohttp.ClientSession) -> None:
    async with stream(client, site) as answer:
        first, _ = await heard(answer)
        crowd = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(door.MOST + 50)]
        site.book.dies(A)
        assert (await heard(answer))[0] == first + 1
        for _, writer in crowd:
            writer.close()


async def test_all_end_with_the_server(client: aiohttp.ClientSession) -> None:
    async with serving() as site, stream(client, site) as answer:
        await heard(answer)
        began = time.monotonic()
        await site.served.stop()
        assert time.monotonic() - began < 1
        assert await answer.content.read() == b""  # a clean end, and no reset


async def test_each_listener_has_a_language_and_the_configured_one_may_change(
    client: aiohttp.ClientSession,
) -> None:
    async with serving(language="es") as site:
        spanish = stream(client, site)
        async with spanish as answer, stream(client, site, "de, en;q=0.5") as other:
            assert (answer.headers["Content-Language"], other.headers["Content-Language"]) == ("es", "en")
            (_, es), (_, en) = await heard(answer), await heard(other)
            assert es["notes"] == ["El Cloud Server está en marcha y responde."]
            assert en["notes"] == ["The Cloud Server is up and answers."]
            site.showing.speak("en")
            site.book.publish()
            _, now = await heard(answer)
            assert now["notes"] == en["notes"]


async def test_head_is_not_a_stream(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.head(f"{site.url}/api/v1/events") as answer:
        assert answer.status == 405
