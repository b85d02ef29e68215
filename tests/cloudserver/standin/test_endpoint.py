"""The WebSocket endpoint of a real process, by a real client: the talk, and every way it is closed."""

from __future__ import annotations

import asyncio
import os
import struct
import sys
from pathlib import Path

import aiohttp
import pytest

from cloudserver.session import ClientKeys, Listed, Session
from cloudserver.standin import endpoint
from cloudserver.wire import (
    ComponentType,
    DiscoveryParameters,
    NetworkServiceType,
    Packet,
    PacketType,
    Profile,
    contents,
    envelope,
    gson,
    profiles,
)
from support.cloud_client import CloudClient, new_session
from support.standin import StandinProcess, starting

Http = aiohttp.ClientSession
WS = "/fermat/ws/"


def profile(kind: ComponentType, of: str) -> Profile:
    key = os.urandom(8).hex()
    return Profile(key, name=key, platform_component_type=kind, communication_cloud_client_identity=of)


def registration(of: Profile) -> str:
    return contents.encode(contents.Registration(NetworkServiceType.CHAT, gson.write(of)))


async def listed_over_http(http: Http, requester: str, question: DiscoveryParameters) -> tuple[Profile, ...]:
    async with http.post(
        "/fermat/api/components/registered", data={"i": requester, "dp": gson.write(question)}
    ) as answer:
        return profiles.decode_profiles((await answer.json())["rl"])


async def test_a_client_its_service_its_actor_and_who_finds_them(http: Http):
    ana, ben = await CloudClient.register(http), await CloudClient.register(http)
    service = profile(ComponentType.NETWORK_SERVICE, of=ana.key)
    actor = profile(ComponentType.ART_FAN, of=ana.key)
    for component in (service, actor):
        answer = await ana.ask(PacketType.COMPONENT_REGISTRATION_REQUEST, registration(component))
        assert answer.type is PacketType.COMPLETE_COMPONENT_REGISTRATION
        assert (answer.destination, answer.content) == (ana.key, registration(component))

    changes = Profile(actor.identity_public_key, alias="fan", platform_component_type=ComponentType.ART_FAN)
    update = contents.encode(contents.ActorUpdate(NetworkServiceType.CHAT, gson.write(changes)))
    answer = await ana.ask(PacketType.UPDATE_ACTOR_REQUEST, update)
    assert (answer.type, answer.content) == (PacketType.COMPLETE_UPDATE_ACTOR, update)

    question = DiscoveryParameters(actor.identity_public_key, platform_component_type=ComponentType.ART_FAN)
    request = contents.encode(contents.ListRequest(NetworkServiceType.CHAT, gson.write(question)))
    answer = await ben.ask(PacketType.REQUEST_LIST_COMPONENT_REGISTERED, request)
    found = profiles.decode_profiles(contents.decode(contents.ListAnswer, answer.content).profiles)
    assert [(one.identity_public_key, one.alias) for one in found] == [(actor.identity_public_key, "fan")]
    assert await listed_over_http(http, ben.key, question) == found
    assert await listed_over_http(http, ana.key, question) == ()

    await ana.socket.close()
    await gone(http, ben.key, question)
    await ben.socket.send_str(ben.session.request_list())
    assert await ben.event() == Listed(())
    await ben.socket.close()


async def gone(http: Http, requester: str, question: DiscoveryParameters) -> None:
    async with asyncio.timeout(20):
        while await listed_over_http(http, requester, question):
            await asyncio.sleep(0.02)


async def test_each_connection_gets_a_key_of_its_own_from_the_server(http: Http):
    session = new_session()
    sockets = [await http.ws_connect(WS, headers=session.headers()) for _ in range(2)]
    packets = [envelope.decode(await socket.receive_str()) for socket in sockets]
    keys = [contents.decode(contents.ServerHandshake, packet.content).server_key for packet in packets]
    assert keys[0] != keys[1]
    assert [packet.sender for packet in packets] == keys
    assert {packet.destination for packet in packets} == {session.keys.temporary}
    assert all(len(key) == 130 for key in keys)
    for socket in sockets:
        await socket.close()


async def test_the_same_identity_twice_the_new_one_wins(http: Http):
    old = await CloudClient.register(http)
    again = Session(ClientKeys(new_session().keys.temporary, old.key), lambda: "id")
    new = await CloudClient.register(http, again)
    assert await old.closed() == (1000, "")
    question = DiscoveryParameters(new.key, platform_component_type=ComponentType.COMMUNICATION_CLOUD_CLIENT)
    assert [one.identity_public_key for one in await listed_over_http(http, "x", question)][:1] == [new.key]
    await new.socket.close()


async def test_an_identity_left_behind_by_a_connection_with_two_can_be_taken_up(http: Http):
    """Anyone can claim any identity: here one connection registers with the temporary key of another, too."""
    thief, other = await CloudClient.register(http), await CloudClient.connect(http)
    text = envelope.decode(other.session.register())
    answer = await thief.ask(text.type, text.content, sender=text.sender)
    assert answer.type is PacketType.COMPLETE_COMPONENT_REGISTRATION
    await thief.socket.close()
    again = await CloudClient.register(http, Session(ClientKeys("again", thief.key), lambda: "id"))
    await again.socket.close()
    await other.socket.close()


async def test_a_client_that_drops_without_a_close_frame_is_removed(http: Http):
    async with aiohttp.ClientSession(http._base_url) as other:
        client = await CloudClient.register(other)
        transport = client.socket._response.connection.transport
        transport.abort()
    question = DiscoveryParameters(
        client.key, platform_component_type=ComponentType.COMMUNICATION_CLOUD_CLIENT
    )
    await gone(http, "x", question)


@pytest.mark.parametrize(
    ("headers", "end"),
    [
        ({}, (1002, "DENIED, NOT VALID HANDSHAKE")),
        ({"tmp-i": "zz"}, (1011, "JsonSyntaxException")),
        ({"tmp-i": "{}"}, (1011, "NullPointerException")),
    ],
)
async def test_handshakes_that_are_refused(http: Http, headers: dict[str, str], end: tuple[int, str]):
    socket = await http.ws_connect(WS, headers=headers)
    assert await CloudClient(new_session(), socket).closed() == end


async def test_a_header_whose_key_is_no_key_is_good_enough(http: Http):
    socket = await http.ws_connect(WS, headers={"TMP-I": '{"i":"zz"}'})
    assert envelope.decode(await socket.receive_str()).destination == "zz"
    await socket.close()


UNKNOWN = envelope.encode(Packet("", "", "", PacketType.MESSAGE_TRANSMIT, "")).replace("MESSAGE", "PIGEON")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "NullPointerException"),
        (UNKNOWN, "NullPointerException"),
        (3_000_001 * "x", "MessageTooLargeException"),
    ],
    ids=["empty object", "unknown type", "too long"],
)
async def test_text_that_ends_the_connection(http: Http, text: str, reason: str):
    client = await CloudClient.register(http)
    await client.socket.send_str(text)
    assert await client.closed() == (1011, reason)
    question = DiscoveryParameters(
        client.key, platform_component_type=ComponentType.COMMUNICATION_CLOUD_CLIENT
    )
    await gone(http, "x", question)


@pytest.mark.parametrize(
    "message",
    [
        "not JSON",
        "",
        3_000_000 * "x",
        envelope.encode(Packet("", "", "", PacketType.MESSAGE_DELIVERY_NOTIFICATION, "")),
        envelope.encode(Packet("", "", "", PacketType.MESSAGE_TRANSMIT, "")),
        b"{}",
    ],
    ids=["not JSON", "empty", "just not too long", "never handled", "relay of later", "binary"],
)
async def test_what_is_ignored(http: Http, message: str | bytes):
    client = await CloudClient.register(http)
    await (
        client.socket.send_bytes(message) if isinstance(message, bytes) else client.socket.send_str(message)
    )
    await client.socket.send_str(client.session.request_list())
    assert await client.event() == Listed(())
    await client.socket.close()


@pytest.mark.parametrize("path", ["/fermat/ws", "/fermat/ws/", "/fermat/", "/"])
async def test_a_plain_get_is_not_found(http: Http, path: str):
    async with http.get(path) as answer:
        assert answer.status == 404


async def test_an_upgrade_without_the_trailing_slash_is_not_found(http: Http):
    with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
        await http.ws_connect("/fermat/ws", headers=new_session().headers())


async def test_a_ping_is_answered_with_its_own_payload(http: Http):
    session = new_session()
    socket = await http.ws_connect(WS, headers=session.headers(), autoping=False)
    await socket.receive_str()
    await socket.ping(b"PING")
    message = await socket.receive()
    assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, b"PING")
    await socket.close()


async def test_a_message_in_fragments_as_the_real_client_sends_it(standin: StandinProcess):
    """A service's registration is ~1020 characters, which that client cuts in two."""
    host, _, port = standin.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    session = new_session()
    header = session.headers()["tmp-i"]
    writer.write(
        f"GET {WS} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"tmp-i: {header}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b"101" in await reader.readuntil(b"\r\n\r\n")
    session.receive(await short_frame(reader))
    text = session.register().encode()
    assert len(text) > 1000
    for opcode, part in ((0x01, text[:500]), (0x80, text[500:])):
        writer.write(struct.pack("!BBH4x", opcode, 0x80 | 126, len(part)) + part)
    session.receive(await short_frame(reader))
    assert session.stage.value == "registered"
    writer.close()


async def short_frame(reader: asyncio.StreamReader) -> bytes:
    """An unmasked frame of 126 to 65,535 bytes, which is what the server's answers are."""
    first, length, size = struct.unpack("!BBH", await asyncio.wait_for(reader.readexactly(4), 20))
    assert (first, length) == (0x81, 126)
    return await reader.readexactly(size)


HASTY = """
import sys
from cloudserver import __main__
from cloudserver.standin import endpoint
endpoint.IDLE_SECONDS = 1.5
sys.exit(__main__.main(sys.argv[1:]))
"""


async def test_who_is_silent_is_closed_and_who_pings_is_not(tmp_path: Path):
    """The real limit is 60 s; the process under test has a shorter one, and is the same in all else."""
    with starting(tmp_path, "--port", "0", command=(sys.executable, "-c", HASTY)) as process:
        process.wait_for("/fermat\n")
        async with aiohttp.ClientSession(process.url) as http:
            silent, pinging = await CloudClient.register(http), await CloudClient.register(http)
            end = asyncio.ensure_future(silent.closed())
            while not end.done():
                await pinging.socket.ping(b"PING")
                await asyncio.sleep(0.1)
            code, reason = await end
            assert code == 1011
            assert reason.startswith("TimeoutException")
            await pinging.socket.send_str(pinging.session.request_list())
            assert await pinging.event() == Listed(())


def test_the_limit_of_silence_is_a_minute():
    assert endpoint.IDLE_SECONDS == 60
