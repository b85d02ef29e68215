"""``/health`` as a client that keeps what it got, ``/livez``, ``/readyz`` and ``/api/v1/state``."""

from __future__ import annotations

import aiohttp

from fermatkit.measures import Measure
from sidecar.core.nouns import Identity
from sidecar.core.observations import Restored, Sampled
from support.playbook import Playbook
from support.site import Site, serving

A = Identity(100, 1)


async def etag(site: Site, client: aiohttp.ClientSession) -> str:
    async with client.get(f"{site.url}/health") as answer:
        return answer.headers["ETag"]


async def asked_with(site: Site, client: aiohttp.ClientSession, held: str, method: str = "GET") -> int:
    async with client.request(method, f"{site.url}/health", headers={"If-None-Match": held}) as answer:
        body = await answer.read()
        assert (answer.status == 200 and method == "GET") == (body != b"") or answer.status == 503
        assert answer.headers["ETag"].startswith('"')
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Content-Language"] == "en"
        return answer.status


async def test_what_has_not_changed_is_not_sent_again(site: Site, client: aiohttp.ClientSession) -> None:
    site.book.sees(Sampled(A, "S", {Measure.CPU: 1.0}), after=1)
    statuses = []
    for _ in range(3):  # what is made anew each second may fall between two questions
        held = await etag(site, client)
        statuses += [
            await asked_with(site, client, held),
            await asked_with(site, client, f'"other", W/{held}'),
            await asked_with(site, client, held, "HEAD"),
        ]
    assert statuses.count(304) >= 6
    assert await asked_with(site, client, '"other"') == 200
    assert await asked_with(site, client, "") == 200


async def test_a_change_is_sent(site: Site, client: aiohttp.ClientSession) -> None:
    held = await etag(site, client)
    site.book.sees(Sampled(A, "S", {Measure.CPU: 2.0}), after=1)
    assert await asked_with(site, client, held) == 200


async def test_a_failure_is_always_told_whole(site: Site, client: aiohttp.ClientSession) -> None:
    site.book.dies(A)
    assert await asked_with(site, client, await etag(site, client)) == 503


async def test_head_says_what_get_would(site: Site, client: aiohttp.ClientSession) -> None:
    for path in ("/health", "/livez", "/readyz", "/api/v1/state", "/"):
        async with client.get(site.url + path) as whole, client.head(site.url + path) as head:
            assert (head.status, await head.read()) == (200, b"")
            assert head.headers["Content-Type"] == whole.headers["Content-Type"]


async def test_the_sidecar_lives_and_is_ready_though_the_server_is_down(
    site: Site, client: aiohttp.ClientSession
) -> None:
    site.book.dies(A)
    for path in ("/livez", "/readyz"):
        async with client.get(site.url + path) as answer:
            assert (answer.status, await answer.text()) == (200, "ok\n")
            assert answer.headers["Cache-Control"] == "no-store"


async def test_not_ready_before_it_has_looked_for_the_server(client: aiohttp.ClientSession) -> None:
    book = Playbook()
    book.sees(Restored(None, seed=7))
    async with serving(book) as site:
        async with client.get(f"{site.url}/readyz") as answer:
            assert answer.status == 503
            assert await answer.text() == "not ready: it is not known yet whether a Cloud Server runs\n"
        async with client.get(f"{site.url}/livez") as answer:
            assert answer.status == 200
        book.boots()
        async with client.get(f"{site.url}/readyz") as answer:
            assert answer.status == 200


async def test_state(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/api/v1/state") as answer:
        assert answer.content_type == "application/json"
        assert (await answer.json())["pid"] == 100
    site.book.dies(A)
    async with client.get(f"{site.url}/api/v1/state") as answer:
        assert answer.status == 200
        body = await answer.json()
    assert (body["status"], body["incidents"]) == ("fail", {"1": "server"})
