"""What may be asked over HTTP, and by whom: real requests to a real server over a fabricated one."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.core.nouns import Identity
from sidecar.core.stories import SERVER
from sidecar.web import api
from support.site import Site, serving

TOKEN = "f" * 16
A = Identity(100, 1)
SHOWN = {"Authorization": f"Bearer {TOKEN}"}
JSON = SHOWN | {"Content-Type": "application/json"}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(token=TOKEN) as one:
        yield one


async def asks(
    client: aiohttp.ClientSession, site: Site, ask: str, body: Any = None, headers: dict[str, str] = SHOWN
) -> tuple[int, dict[str, Any]]:
    async with client.post(f"{site.url}/api/v1/{ask}", json=body, headers=headers) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        return answer.status, await answer.json()


async def test_a_pause_and_its_end(site: Site, client: aiohttp.ClientSession) -> None:
    status, answer = await asks(client, site, "pause", {"seconds": 60, "why": "upgrade"})
    assert (status, answer["error"]) == (200, "")
    pause = site.book.view.pause
    assert pause is not None
    assert (pause.until, pause.why, pause.by) == (answer["until"], "upgrade", "API")
    assert (await asks(client, site, "resume"))[0] == 200
    assert site.book.view.pause is None


async def test_an_incident_is_acknowledged_and_its_topic_silenced(
    site: Site, client: aiohttp.ClientSession
) -> None:
    site.book.dies(A)
    assert await asks(client, site, "ack", {"number": 1}) == (
        200,
        {"error": "", "until": None, "text": SERVER},
    )
    assert site.book.view.open[SERVER].ack is not None
    status, answer = await asks(client, site, "silence", {"topic": SERVER, "seconds": 3600})
    assert (status, site.book.view.silences[SERVER].until) == (200, answer["until"])
    assert "SERVER" in (await asks(client, site, "incidents"))[1]["text"]
    assert (await asks(client, site, "unsilence", {"topic": SERVER}))[0] == 200
    assert site.book.view.silences == {}


@pytest.mark.parametrize(
    ("ask", "body", "why"),
    [
        ("ack", {"number": 7}, "no incident 7 is open; open now: none"),
        ("ack", {"number": "7"}, "not understood"),
        ("ack", {}, "not understood"),
        ("pause", {"seconds": 0}, "longer than nothing"),
        ("pause", {"seconds": 60, "hours": 1}, "not understood"),
        ("pause", [60], "must be a JSON object"),
        ("silence", {"topic": "disc-low", "seconds": 60}, "did you mean 'disk-low'?"),
        ("stop", {}, "there is nothing here"),
    ],
)
async def test_what_cannot_be_meant_says_why(
    site: Site, client: aiohttp.ClientSession, ask: str, body: Any, why: str
) -> None:
    before = len(site.book.past)
    status, answer = await asks(client, site, ask, body)
    assert 400 <= status < 500
    assert why in answer["error"]
    assert len(site.book.past) == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": "Bearer \u00e9"}, 401),
        (SHOWN | {"Origin": "http://evil.example"}, 403),
    ],
)
async def test_who_has_no_token_is_refused(
    site: Site, client: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    before = len(site.book.past)
    got, answer = await asks(client, site, "resume", headers=headers)
    assert (got, TOKEN in str(answer), len(site.book.past)) == (status, False, before)


async def test_without_a_token_nobody_is_obeyed(client: aiohttp.ClientSession) -> None:
    async with serving() as site:
        status, answer = await asks(client, site, "resume")
        assert (status, answer["error"]) == (403, "nobody is obeyed here: there is no [health] token")


async def test_a_body_is_bounded(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.post(f"{site.url}/api/v1/pause", data=b" " * 5000, headers=JSON) as answer:
        assert answer.status == 413


async def test_any_body_is_answered(site: Site, client: aiohttp.ClientSession) -> None:
    loop = asyncio.get_running_loop()

    async def post(ask: str, body: bytes) -> int:
        async with client.post(f"{site.url}/api/v1/{ask}", data=body, headers=JSON) as answer:
            return answer.status

    @settings(max_examples=200)
    @given(
        ask=st.sampled_from(["pause", "ack", "silence", "unsilence", "incidents", "x"]),
        body=st.one_of(
            st.binary(max_size=200),
            st.recursive(
                st.none() | st.booleans() | st.floats() | st.text(max_size=20),
                lambda inner: st.dictionaries(st.sampled_from(["seconds", "why", "number", "topic"]), inner),
                max_leaves=5,
            ).map(lambda thing: json.dumps(thing).encode()),
        ),
    )
    def any_body(ask: str, body: bytes) -> None:
        assert asyncio.run_coroutine_threadsafe(post(ask, body), loop).result(10) < 500

    await asyncio.to_thread(any_body)


async def test_wrong_tokens_are_limited_and_a_right_one_waits_too(
    site: Site, client: aiohttp.ClientSession
) -> None:
    wrong = {"Authorization": f"Bearer {TOKEN[::-1]}x"}
    statuses = [(await asks(client, site, "resume", headers=wrong))[0] for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    async with client.post(f"{site.url}/api/v1/resume", headers=SHOWN) as answer:
        assert (answer.status, int(answer.headers["Retry-After"]) <= 6) == (429, True)
    elsewhere = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
    async with aiohttp.ClientSession(connector=elsewhere) as other:
        assert (await asks(other, site, "resume"))[0] == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_a_body_has_to_be_json(site: Site, client: aiohttp.ClientSession, kind: str) -> None:
    headers = SHOWN | {"Content-Type": kind}
    async with client.post(f"{site.url}/api/v1/resume", data=b"{}", headers=headers) as answer:
        assert (answer.status, answer.content_type) == (415, "application/json")


async def begin(site: Site) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Half a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(
        f"POST /api/v1/pause HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{".encode()
    )
    return reader, writer


@pytest.mark.parametrize("encoding", ["deflate", "gzip", "br", "zstd"])
async def test_a_compressed_body_is_not_understood(
    site: Site, client: aiohttp.ClientSession, encoding: str
) -> None:
    headers = JSON | {"Content-Encoding": encoding}
    async with client.post(f"{site.url}/api/v1/resume", data=b"{{", headers=headers) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("body", [b'"\xff"', b"[" * 4000, b'{"a":' * 800, b"nul", b"\x00"])
async def test_what_is_no_json_is_not_understood(
    site: Site, client: aiohttp.ClientSession, body: bytes
) -> None:
    async with client.post(f"{site.url}/api/v1/resume", data=body, headers=JSON) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"].startswith("not understood")


async def test_who_leaves_in_a_body_leaves_no_trace(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        _, writer = await begin(site)
        await asyncio.sleep(0.05)
        writer.transport.abort()
        await asyncio.sleep(0.05)
    assert caplog.records == []


async def test_a_body_that_does_not_come_is_not_waited_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "SLOWEST_BODY", 0.3)
    reader, writer = await begin(site)
    async with asyncio.timeout(10):
        assert (await reader.read()).startswith(b"HTTP/1.1 408")
    writer.close()


async def test_a_body_that_comes_by_drops_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "SLOWEST_BODY", 0.3)
    reader, writer = await begin(site)

    async def drip() -> None:
        while True:
            writer.write(b" ")
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(10):
        with suppress(ConnectionError):  # what has come since is unread: a reset may overtake the answer
            await reader.read()
    assert not dripping.done()
    dripping.cancel()
    writer.close()
