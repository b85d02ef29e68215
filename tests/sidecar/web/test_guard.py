"""Who is let near: names, origins and sites, as pure cases and as real requests."""

from __future__ import annotations

from http import HTTPStatus

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from sidecar.config.settings import HealthSettings
from sidecar.web.guard import names, refusal
from support.site import serving

OURS = names(HealthSettings(host="192.0.2.7", names=("Status.example.org",)))


def refused(path: str = "/health", **headers: str) -> HTTPStatus | None:
    got = refusal(
        path, CIMultiDict({k.replace("_", "-"): v for k, v in headers.items()}), OURS, lambda: "10.1.2.3"
    )
    return got[0] if got else None


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:9191", "localhost", "LOCALHOST:80", "localhost.", "[::1]", "[::1]:9191"),
        *("192.0.2.7:9191", "status.example.org", "STATUS.example.org:443", "10.1.2.3:9191"),
    ],
)
def test_a_name_that_is_ours(host: str) -> None:
    assert refused(Host=host) is None
    assert refused(Host=host, Origin=f"http://{host}") is None


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "evil.example:9191",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "10.1.2.4",
        ),
        *(
            "",
            ":9191",
            "status.example.org.evil.example",
            "localhost:9191:80",
            "127.0.0.1:x",
            "[::2]",
            "::1:",
        ),
    ],
)
def test_a_name_that_is_not(host: str) -> None:
    assert refused(Host=host) == 421
    assert refused("/api/v1/state", Host=host) == 421


@given(st.text(max_size=30))
def test_no_other_name_at_all(host: str) -> None:
    bare = host.rpartition(":")[0] or host
    known = {name.casefold().strip("[].") for name in (host, bare)} & (OURS | {"10.1.2.3"})
    assert refused(Host=host) == (refused(Host=host) if known else 421)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://localhost:8080", "localhost"])
def test_no_page_from_elsewhere(origin: str) -> None:
    assert refused(Host="localhost:9191", Origin=origin) == 403


def test_a_page_of_ours_behind_tls() -> None:
    assert refused(Host="status.example.org", Origin="https://status.example.org") is None


@pytest.mark.parametrize(
    ("site", "api", "page"),
    [("cross-site", 403, None), ("same-site", 403, None), ("same-origin", None, None), ("none", None, None)],
)
def test_other_sites_may_link_to_the_page_and_not_ask_the_api(
    site: str, api: int | None, page: int | None
) -> None:
    assert refused("/api/v1/state", Host="localhost", Sec_Fetch_Site=site) == api
    assert refused("/health", Host="localhost", Sec_Fetch_Site=site) == page


@pytest.mark.parametrize("path", ["http://evil.example/health", "*", "", "localhost:9191"])
def test_it_is_no_proxy(path: str) -> None:
    assert refused(path, Host="localhost") == 400


@pytest.mark.parametrize(
    "path", ["/", "/health", "/livez", "/readyz", "/page.js", "/api/v1/state", "/api/v1/events", "/other"]
)
async def test_it_stands_before_every_route(path: str) -> None:
    async with serving() as site, aiohttp.ClientSession() as client:
        for header in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            async with client.get(site.url + path, headers=header) as answer:
                assert answer.status in (421, 403)
                api = path.startswith("/api/")
                assert answer.content_type == ("application/json" if api else "text/plain")
                assert len((await answer.text()).splitlines()) == 1
                assert not [name for name in answer.headers if name.startswith("Access-Control")]


async def test_too_many_requests_are_told_when_to_come_again() -> None:
    async with serving() as site, aiohttp.ClientSession() as client:
        for _ in range(2000):
            async with client.get(f"{site.url}/api/v1/state") as answer:
                if answer.status != 200:
                    break
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        async with client.get(f"{site.url}/health") as answer:
            assert answer.status == 200
