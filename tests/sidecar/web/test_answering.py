"""Whose a request is: by its path and method alone, and under the same headers whatever the answer."""

from __future__ import annotations

from http import HTTPStatus

import aiohttp
import pytest
from yarl import URL

from sidecar.web.answering import HEADERS
from support.site import Site


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/health", HTTPStatus.OK, None),
        ("HEAD", "/health", HTTPStatus.OK, None),
        ("GET", "/health?a=b", HTTPStatus.OK, None),
        ("POST", "/health", HTTPStatus.METHOD_NOT_ALLOWED, "GET, HEAD"),
        ("HEAD", "/api/v1/events", HTTPStatus.METHOD_NOT_ALLOWED, "GET"),
        ("GET", "/api/v1/pause", HTTPStatus.METHOD_NOT_ALLOWED, "POST"),
        ("OPTIONS", "/api/v1/pause", HTTPStatus.METHOD_NOT_ALLOWED, "POST"),
        ("GET", "/healthy", HTTPStatus.NOT_FOUND, None),
        ("GET", "/%68ealth", HTTPStatus.NOT_FOUND, None),
        ("GET", "//health", HTTPStatus.NOT_FOUND, None),
        ("POST", "/api/v1/stop", HTTPStatus.NOT_FOUND, None),
    ],
)
async def test_a_path_and_a_method_name_the_answer(
    site: Site, client: aiohttp.ClientSession, method: str, path: str, status: int, allowed: str | None
) -> None:
    async with client.request(method, URL(f"{site.url}{path}", encoded=True)) as answer:
        assert (answer.status, answer.headers.get("Allow")) == (status, allowed)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers["Cache-Control"] in ("no-store", "no-cache")


async def test_an_event_stream_has_the_headers_too(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/api/v1/events") as answer:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers["Cache-Control"] == "no-store"
