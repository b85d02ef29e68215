"""The REST side of a real process."""

from __future__ import annotations

import asyncio
import os

import aiohttp
import jwt
import pytest

from cloudserver.standin.config import Config
from cloudserver.wire import ComponentType, NetworkServiceType, PacketType, Profile, contents, gson, profiles
from support.cloud_client import CloudClient
from support.standin import StandinProcess

Http = aiohttp.ClientSession
ADMIN = "/fermat/api/admin"
DATA = f"{ADMIN}/monitoring/current/data"
LISTS = "/fermat/api/components/registered"


async def login(http: Http, user: str = "fermat", password: str = Config().password) -> dict[str, object]:
    async with http.post("/fermat/api/user/login", json={"user": user, "password": password}) as answer:
        assert answer.status == 200
        body: dict[str, object] = await answer.json()
        return body


async def bearer(http: Http) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await login(http))['authToken']}"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/fermat/api/user", "The User WebService is running ..."),
        (LISTS, "The Component Registered WebService is running ..."),
        (f"{ADMIN}/monitoring", "The Monitoring WebService is running ..."),
        (f"{ADMIN}/configuration", "The Configuration WebService is running ..."),
    ],
)
async def test_what_says_that_it_runs(http: Http, path: str, text: str):
    headers = await bearer(http) if ADMIN in path else {}
    async with http.get(path, headers=headers) as answer:
        assert (answer.status, await answer.text()) == (200, text)


async def test_a_login_is_200_either_way(http: Http):
    good = await login(http)
    assert (good["success"], good["message"]) == (True, "Login process success")
    assert await login(http, "fermat", "wrong") == {
        "success": False,
        "message": "Login process fail",
        "authToken": "",
    }
    assert (await login(http, user="somebody"))["success"] is False


@pytest.mark.parametrize("body", [b"", b"no", b"[]", b'{"user":"fermat"}', b"\xff", 100_000 * b"["])
async def test_a_login_that_is_none(http: Http, body: bytes):
    async with http.post("/fermat/api/user/login", data=body) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("Basic Zm86YmFy", 401),
        ("Bearer " + jwt.encode({"sub": "fermat"}, 32 * "ab", "HS256"), 401),
        ("Bearer nodots", 500),
        ("Bearer a.b.c", 500),
    ],
)
async def test_who_is_not_let_in(http: Http, header: str | None, status: int):
    headers = {} if header is None else {"Authorization": header}
    for path in (DATA, f"{ADMIN}/configuration/get", f"{ADMIN}/no/such/thing"):
        async with http.get(path, headers=headers) as answer:
            assert answer.status == status


async def test_a_poll_without_a_token_floods_the_log_and_one_with_a_token_does_not(
    http: Http, standin: StandinProcess
):
    headers = await bearer(http)
    before = len(standin.stdout.splitlines())
    async with http.get(DATA, headers=headers) as answer:
        assert answer.status == 200
    assert len(standin.stdout.splitlines()) == before
    async with http.get(DATA) as answer:
        assert answer.status == 401
    assert len(standin.stdout.splitlines()) - before == pytest.approx(70, rel=0.15)


async def counts(http: Http) -> dict[str, object]:
    async with http.get(DATA, headers=await bearer(http)) as answer:
        body: dict[str, object] = await answer.json()
        return body


async def test_the_servers_own_counters(http: Http):
    before = await counts(http)
    pending, client = await CloudClient.connect(http), await CloudClient.register(http)
    key = os.urandom(8).hex()
    actor = Profile(
        key, platform_component_type=ComponentType.ACTOR_CHAT, communication_cloud_client_identity=client.key
    )
    for number, kind in enumerate((ComponentType.NETWORK_SERVICE, ComponentType.ACTOR_CHAT)):
        profile = Profile(
            f"{key}{number}", platform_component_type=kind, communication_cloud_client_identity=client.key
        )
        content = contents.Registration(NetworkServiceType.FERMAT_MONITOR, gson.write(profile))
        await client.ask(PacketType.COMPONENT_REGISTRATION_REQUEST, contents.encode(content))
    after = await counts(http)
    assert set(after) == set(before)
    for name in (
        "pendingClientConnection",
        "registeredClientConnection",
        "registeredNetworkServiceTotal",
        "registerOtherComponentTotal",
    ):
        assert after[name] == before[name] + 1, name  # type: ignore[operator]
    assert after["vpnTotal"] == before["vpnTotal"]
    assert '"FERMAT_MONITOR":1' in str(after["registeredNetworkServiceDetail"])
    assert '"ACTOR_CHAT":1' in str(after["registerOtherComponentDetail"])

    headers = await bearer(http)
    async with http.get(f"{ADMIN}/monitoring/clients/list", headers=headers) as answer:
        clients = profiles.decode_profiles((await answer.json())["rl"])
    assert client.key in [profile.identity_public_key for profile in clients]
    details = f"{ADMIN}/monitoring/client/components/details"
    async with http.get(details, params={"i": client.key}, headers=headers) as answer:
        components = profiles.decode_profiles((await answer.json())["rl"])
    assert [profile.identity_public_key for profile in components] == [f"{key}0", f"{key}1"]
    async with http.get(details, headers=headers) as answer:
        assert await answer.json() == {"f": "Requested list is not available"}
    assert actor not in components
    for one in (pending, client):
        await one.socket.close()


async def test_the_configuration_without_its_password(http: Http):
    async with http.get(f"{ADMIN}/configuration/get", headers=await bearer(http)) as answer:
        assert await answer.json() == {
            "port": 0,
            "user": "fermat",
            "monitInstalled": False,
            "monitUrl": "http://localhost:2812/",
        }


@pytest.mark.parametrize("form", [{}, {"i": "x"}, {"i": "x", "dp": "no"}, {"i": "x", "dp": "{}"}])
async def test_a_list_that_is_not_available(http: Http, form: dict[str, str]):
    async with http.post(LISTS, data=form) as answer:
        assert (answer.status, await answer.json()) == (200, {"f": "Requested list is not available"})


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=x", "text/plain; charset=?"]
)
async def test_a_form_that_is_none(http: Http, kind: str):
    async with http.post(LISTS, data=b"i=%ff&\xff=\x00", headers={"Content-Type": kind}) as answer:
        assert (answer.status, await answer.json()) == (200, {"f": "Requested list is not available"})


async def test_what_is_not_http_is_refused_without_a_traceback(http: Http, standin: StandinProcess):
    host, _, port = standin.url.removeprefix("http://").partition(":")
    for nonsense in (b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/1.1\r\ntmp-i: " + 9000 * b"x" + b"\r\n\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(nonsense)
        assert b" 400 " in await asyncio.wait_for(reader.readline(), 20)
        writer.close()
    async with http.get("/fermat/api/user") as answer:
        assert answer.status == 200
    assert standin.stderr == ""
