"""A client of a real process that was lost and comes back: within the time of stand-by, and after it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import aiohttp
import pytest

from cloudserver.client import components, discovery
from cloudserver.session import ComponentRefused, Session
from cloudserver.wire import ComponentType, NetworkServiceType, Profile
from cloudserver.wire.handshake import random_key
from support.cloud_client import PATIENCE, CloudClient, new_session
from support.standin import StandinProcess, serving

Http = aiohttp.ClientSession
CHAT = NetworkServiceType.CHAT
ACTORS = discovery.actors(ComponentType.ACTOR_CHAT, CHAT)


async def phone(http: Http) -> tuple[CloudClient, list[Profile]]:
    """A client with all 15 services, and an actor with a photo of 20 kB."""
    client = await CloudClient.register(http)
    some = [components.service(kind, random_key(os.urandom), client.key) for kind in components.PHONE]
    some.append(
        components.actor(
            ComponentType.ACTOR_CHAT, CHAT, random_key(os.urandom), client.key, os.urandom(20_000)
        )
    )
    await client.publish(*some)
    return client, some


async def found(http: Http, client: CloudClient) -> list[Profile]:
    """What others find of a client's chat actors."""
    async with http.post(
        discovery.PATH, data=discovery.form("x", ACTORS), headers={"Content-Type": discovery.FORM}
    ) as answer:
        profiles = discovery.read(await answer.read()).profiles
    return [one for one in profiles if one.communication_cloud_client_identity == client.key]


async def gone(http: Http, client: CloudClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while await found(http, client):
            await asyncio.sleep(0.02)


async def test_who_is_lost_is_in_no_list_and_comes_back_with_everything(http: Http):
    client, some = await phone(http)
    assert await found(http, client) == some[-1:]
    client.vanish()
    await gone(http, client)
    back = await CloudClient.register(http, Session(client.session.keys, lambda: "id"), reconnected=True)
    assert await found(http, client) == some[-1:]
    await back.socket.send_str(back.session.register_component(CHAT, some[-1]))
    assert isinstance(await back.event(), ComponentRefused), "it is registered already"
    await back.socket.close()
    await gone(http, client)


@pytest.mark.parametrize("code", [1000, 1001, 3000])
async def test_who_closed_does_not_come_back_but_comes_anew(http: Http, code: int):
    client, some = await phone(http)
    await client.socket.close(code=code)
    await gone(http, client)
    again = await CloudClient.register(http, Session(client.session.keys, lambda: "id"))
    await again.publish(*some)
    await again.socket.close()


async def test_who_was_thrown_out_does_not_come_back_either(http: Http):
    client, _ = await phone(http)
    await client.socket.send_str("{}")
    assert (await client.closed())[0] == 1011
    again = await CloudClient.register(http, Session(client.session.keys, lambda: "id"))
    await again.socket.close()


async def test_bytes_that_break_the_rules_are_no_loss(http: Http):
    client, _ = await phone(http)
    client.socket._response.connection.transport.write(b"\xff\xff\xff\xff\xff\xff")
    assert (await client.closed())[0] == 1002
    again = await CloudClient.register(http, Session(client.session.keys, lambda: "id"))
    await again.socket.close()


async def test_after_the_time_is_over_one_comes_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STANDIN_STANDBY_SECONDS", "0.5")
    with serving(tmp_path) as standin:
        async with aiohttp.ClientSession(standin.url) as http:
            client, some = await phone(http)
            client.vanish()
            await gone(http, client)
            back = await CloudClient.register(
                http, Session(client.session.keys, lambda: "id"), reconnected=True
            )
            back.vanish()
            await gone(http, client)
            await asyncio.sleep(0.6)
            again = await CloudClient.register(http, Session(client.session.keys, lambda: "id"))
            await again.publish(*some)


async def test_a_login_with_anothers_identity_takes_its_services_away(http: Http):
    """Not on stand-by but registered: the old connection is closed by 1000, and with it goes what it had."""
    old, _ = await phone(http)
    session = Session(old.session.keys, lambda: "id")
    new = await CloudClient.register(http, session)
    assert await old.closed() == (1000, "")
    assert await found(http, new) == []
    new.vanish()
    await gone(http, new)
    back = await CloudClient.register(http, Session(session.keys, lambda: "id"), reconnected=True)
    await back.socket.close()


async def test_a_handshake_that_is_lost_leaves_nothing(http: Http):
    session = new_session()
    (await CloudClient.connect(http, session)).vanish()
    client = await CloudClient.register(http, Session(session.keys, lambda: "id"))
    await client.socket.close()


def test_nothing_of_all_this_is_a_traceback(standin: StandinProcess):
    assert standin.stderr == ""
