"""``GET /monit/``: who may see it, and that the Cloud Server's admin page does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from cloudserver.standin.config import Config
from sidecar.web.monit import shown
from support.site import Site, serving
from support.standin import serving as server

PASSWORD = "m" * 16


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(monit_password=PASSWORD) as one:
        yield one


async def status(site: Site, authorization: str | None) -> int:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with aiohttp.ClientSession() as client, client.get(f"{site.url}/monit/", headers=headers) as answer:
        assert ("WWW-Authenticate" in answer.headers) == (answer.status == 401)
        assert (b"<table" in await answer.read()) == (answer.status == 200)
        return answer.status


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (aiohttp.encode_basic_auth("fermat", PASSWORD), 200),
        (aiohttp.encode_basic_auth("", PASSWORD), 200),
        (aiohttp.encode_basic_auth("fermat", PASSWORD + "x"), 401),
        (aiohttp.encode_basic_auth("fermat", ""), 401),
        (aiohttp.encode_basic_auth("null", "null"), 401),
        (f"Bearer {PASSWORD}", 401),
        ("Basic !", 401),
        ("Basic \u00e9", 401),
        ("Basic", 401),
        (None, 401),
    ],
)
async def test_only_the_password_opens_it(site: Site, authorization: str | None, code: int) -> None:
    assert await status(site, authorization) == code


def test_a_password_may_have_colons() -> None:
    assert shown(aiohttp.encode_basic_auth("u", "a:b")) == b"a:b"


async def test_without_a_password_there_is_no_such_page() -> None:
    async with serving() as site:
        assert await status(site, aiohttp.encode_basic_auth("fermat", "")) == 404


async def system_data(directory: Path, url: str, password: str) -> dict[str, object]:
    """What the server's admin page is given, by a server with this configuration."""
    (directory / "configuration").mkdir()
    (directory / "configuration" / "server_conf.properties").write_text(
        f"port = 0\nuser = fermat\npassword = {Config().password}\nmonit_installed = true\n"
        f"monit_url = {url}\nmonit_user = fermat\nmonit_password = {password}\n"
    )
    with server(directory) as standin:
        async with aiohttp.ClientSession(standin.url) as client:
            login = {"user": "fermat", "password": Config().password}
            async with client.post("/fermat/api/user/login", json=login) as answer:
                headers = {"Authorization": f"Bearer {(await answer.json())['authToken']}"}
            async with client.get("/fermat/api/admin/monitoring/system/data", headers=headers) as answer:
                assert answer.status == 200
                body: dict[str, object] = await answer.json()
                return body


async def test_the_cloud_server_s_admin_page_shows_it(site: Site, tmp_path: Path) -> None:
    answer = await system_data(tmp_path, f"{site.url}/monit", PASSWORD)
    assert answer["success"] is True
    found = json.loads(str(answer["data"]))
    assert found["Process"][0]["Status"] == "Running"
    assert found["Process"][0]["Name"] == "cloud-server"


async def test_a_wrong_password_is_an_error_there(site: Site, tmp_path: Path) -> None:
    answer = await system_data(tmp_path, f"{site.url}/monit/", "wrong")
    assert answer["success"] is False
    assert "401" in str(answer["data"])
