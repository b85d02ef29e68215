"""The relay of a real process, by two real clients: a VPN from its request to its end."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.client import components, discovery
from cloudserver.client.fragments import cut
from cloudserver.session import VpnCompleted, VpnOffered, VpnRefused
from cloudserver.standin.config import Config
from cloudserver.standin.sockets import reason_bytes
from cloudserver.wire import ComponentType, NetworkServiceType, Packet, PacketType, envelope
from cloudserver.wire.handshake import random_key
from support.cloud_client import PATIENCE, CloudClient, VpnClient, end_of, vanish
from support.standin import StandinProcess, starting

Http = aiohttp.ClientSession
CHAT = NetworkServiceType.CHAT
VPN = "/fermat/vpn/"
DATA = "/fermat/api/admin/monitoring/current/data"


class Phone:
    """A registered client with a chat service and an actor with a photo."""

    def __init__(self, client: CloudClient) -> None:
        self.client = client
        self.service = components.service(CHAT, random_key(os.urandom), client.key)
        self.actor = components.actor(
            ComponentType.ACTOR_CHAT, CHAT, random_key(os.urandom), client.key, os.urandom(20_000)
        )

    @classmethod
    async def register(cls, http: Http) -> Phone:
        phone = cls(await CloudClient.register(http))
        await phone.client.publish(phone.service, phone.actor)
        return phone

    async def ask_for_a_vpn(self, other: Phone) -> None:
        """Between the two actors."""
        session = self.client.session
        text = session.connect_actors(self.actor, self.service, components.reference(other.actor))
        await self.client.socket.send_str(text)


@dataclass(frozen=True)
class Pair:
    """Two phones and a whole VPN between their actors."""

    ana: Phone
    ben: Phone
    left: VpnClient
    right: VpnClient


@pytest.fixture
async def pair(http: Http) -> AsyncIterator[Pair]:
    ana, ben = await Phone.register(http), await Phone.register(http)
    await ana.ask_for_a_vpn(ben)
    ends = [await VpnClient.connect(http, await phone.client.event()) for phone in (ana, ben)]
    for phone, other in ((ana, ben), (ben, ana)):
        keys = (str(phone.actor.identity_public_key), str(other.actor.identity_public_key))
        assert await phone.client.event() == VpnCompleted(CHAT, *keys)
    yield Pair(ana, ben, *ends)
    for socket in (*(end.socket for end in ends), ana.client.socket, ben.client.socket):
        await socket.close()


async def counts(http: Http) -> dict[str, object]:
    body = {"user": "fermat", "password": Config().password}
    async with http.post("/fermat/api/user/login", json=body) as answer:
        token = (await answer.json())["authToken"]
    async with http.get(DATA, headers={"Authorization": f"Bearer {token}"}) as answer:
        data: dict[str, object] = await answer.json()
        return data


async def no_vpn_is_left(http: Http) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await counts(http))["vpnTotal"] != 0:
            await asyncio.sleep(0.02)


async def test_messages_go_both_ways_in_their_order(pair: Pair):
    for number in range(20):
        await pair.left.say(f"to ben {number}")
        await pair.right.say(f"to ana {number}")
    assert [await pair.right.hear() for _ in range(20)] == [f"to ben {number}" for number in range(20)]
    assert [await pair.left.hear() for _ in range(20)] == [f"to ana {number}" for number in range(20)]


async def test_a_whole_vpn_counts_two_and_none_when_it_is_over(http: Http):
    await no_vpn_is_left(http)
    ana, ben = await Phone.register(http), await Phone.register(http)
    await ana.client.socket.send_str(ana.client.session.connect_services(ana.service, ben.service))
    offers = [await phone.client.event() for phone in (ana, ben)]
    assert [offer.own for offer in offers if isinstance(offer, VpnOffered)] == [ana.service, ben.service]
    ends: list[VpnClient] = []
    for number, offer in enumerate(offers):
        assert (await counts(http))["vpnTotal"] == number
        ends.append(await VpnClient.connect(http, offer))
    after = await counts(http)
    assert (after["vpnTotal"], after["vpnByNetworkServiceDetails"]) == (2, '{"CHAT":2}')
    for phone in (ana, ben):
        assert isinstance(await phone.client.event(), VpnCompleted)
        await phone.client.socket.close()
    assert (await counts(http))["vpnTotal"] == 2, "it outlives the main connections"
    for end in ends:
        await end.socket.close()


async def test_an_actor_is_found_over_http_and_asked_for_a_vpn(http: Http):
    """The whole way of §5.7, photo and all."""
    ana, ben = await Phone.register(http), await Phone.register(http)
    question = discovery.actors(ComponentType.ACTOR_CHAT, CHAT)
    async with http.post(
        discovery.PATH,
        data=discovery.form(ana.client.key, question),
        headers={"Content-Type": discovery.FORM, "Connection": "Close"},
    ) as answer:
        listed = discovery.read(await answer.read())
    assert ben.actor in listed.profiles
    assert ana.actor not in listed.profiles
    await ana.ask_for_a_vpn(ben)
    offer = await ben.client.event()
    assert isinstance(offer, VpnOffered)
    assert (offer.own, offer.remote_key) == (ben.actor, ana.actor.identity_public_key)
    for phone in (ana, ben):
        await phone.client.socket.close()


@pytest.mark.parametrize("size", [10, 1001, 4999, 60_000])
async def test_a_long_message_comes_in_fragments_and_leaves_in_one_frame(pair: Pair, size: int):
    """As the real client cuts it; ñ and 🙂 are cut between characters."""
    text = (size * "ñ🙂xyz")[:size]
    await send_in_pieces(pair.left.socket, pair.left.vpn.say(text, 1))
    assert await pair.right.hear() == text


async def send_in_pieces(socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
    """By hand, for aiohttp's client sends whole messages only."""
    transport = socket._response.connection.transport
    pieces = [piece.encode() for piece in cut(text)]
    for number, piece in enumerate(pieces):
        first = (0x80 if number == len(pieces) - 1 else 0) | (0 if number else 1)
        length = len(piece)
        size = bytes([0x80 | length]) if length < 126 else bytes([0x80 | 126]) + length.to_bytes(2, "big")
        transport.write(bytes([first]) + size + bytes(4) + piece)


async def test_who_leaves_in_good_order_takes_the_peer_along(pair: Pair, http: Http):
    await pair.left.socket.close(code=1000, message=b"done")
    assert await end_of(pair.right.socket) == (
        1000,
        "The remote participant close the connection. Details: done",
    )
    await no_vpn_is_left(http)


async def test_who_is_lost_is_an_error_to_the_peer(pair: Pair, http: Http):
    vanish(pair.left.socket)
    assert await end_of(pair.right.socket) == (1002, "Details: ")
    await no_vpn_is_left(http)


async def test_nonsense_ends_both(pair: Pair):
    await pair.left.socket.send_str("nonsense")
    details = "Details: JsonSyntaxException"
    assert await end_of(pair.left.socket) == (1002, f"Server detect a error, close connection. {details}")
    assert await end_of(pair.right.socket) == (1002, details)


async def test_a_message_too_long_ends_both(pair: Pair):
    await pair.left.socket.send_str(3_000_001 * "x")
    assert (await end_of(pair.right.socket))[0] == 1002


async def test_a_message_for_a_peer_who_is_not_there_is_dropped_without_notice(http: Http):
    ana, ben = await Phone.register(http), await Phone.register(http)
    await ana.ask_for_a_vpn(ben)
    offers = [await phone.client.event() for phone in (ana, ben)]
    left = await VpnClient.connect(http, offers[0])
    await left.say("anybody there?")
    right = await VpnClient.connect(http, offers[1])
    await right.say("now I am")
    assert await left.hear() == "now I am"
    await left.say("good")
    assert await right.hear() == "good"
    for socket in (left.socket, right.socket, ana.client.socket, ben.client.socket):
        await socket.close()


async def test_a_ping_is_answered_and_other_packets_are_passed_over(pair: Pair):
    await pair.left.socket.ping(b"PING")
    text = envelope.encode(Packet("", "", "", PacketType.REQUEST_LIST_COMPONENT_REGISTERED, "{}"))
    await pair.left.socket.send_str(text)
    await pair.left.socket.send_bytes(b"bytes")
    await pair.left.say("still there")
    assert await pair.right.hear() == "still there"


@pytest.mark.parametrize(
    ("headers", "end"),
    [
        ({}, "DENIED, NOT VALID HANDSHAKE"),
        ({"tmp-i": "zz"}, "Server detect a error, close connection. Details: JsonSyntaxException"),
        ({"tmp-i": '{"i":"04AA"}'}, "Server detect a error, close connection. Details: NullPointerException"),
    ],
)
async def test_handshakes_that_are_refused(http: Http, headers: dict[str, str], end: str):
    socket = await http.ws_connect(VPN, headers=headers)
    assert await end_of(socket) == (1002, end)


@pytest.mark.parametrize("path", [VPN, VPN.rstrip("/")])
async def test_a_plain_get_is_not_found(http: Http, path: str):
    async with http.get(path) as answer:
        assert answer.status == 404


async def test_a_vpn_with_an_actor_who_is_not_there_is_refused(http: Http):
    ana = await Phone.register(http)
    await ana.ask_for_a_vpn(Phone(ana.client))
    refused = await ana.client.event()
    assert isinstance(refused, VpnRefused)
    assert refused.reason.startswith("Failure in component connection")
    await ana.client.socket.close()


async def test_a_vpn_with_a_service_that_is_not_there_ends_the_asker(http: Http):
    ana = await Phone.register(http)
    nobody = components.service(CHAT, "x", "nobody")
    await ana.client.socket.send_str(ana.client.session.connect_services(ana.service, nobody))
    assert await ana.client.closed() == (1011, "JsonSyntaxException")


async def test_a_peer_who_does_not_read_holds_nobody_up(http: Http):
    """The server's queue has no limit (H6): 60 MB for Ben, who reads nothing, and Ana is served on."""
    ana, ben = await Phone.register(http), await Phone.register(http)
    await ana.ask_for_a_vpn(ben)
    offers = [await phone.client.event() for phone in (ana, ben)]
    left, right = [await VpnClient.connect(http, offer) for offer in offers]
    assert isinstance(await ana.client.event(), VpnCompleted)
    right.socket._response.connection.transport.pause_reading()
    for _ in range(30):
        await left.say(2_000_000 * "x")
    await ana.client.socket.send_str(ana.client.session.request_list())
    await ana.client.event()
    vanish(right.socket)
    assert (await end_of(left.socket))[0] == 1002
    for phone in (ana, ben):
        await phone.client.socket.close()


HASTY = """
import sys
from cloudserver import __main__
from cloudserver.standin import endpoint
endpoint.IDLE_SECONDS = 1.5
sys.exit(__main__.main(sys.argv[1:]))
"""


async def test_a_vpn_that_says_nothing_ends_for_both(tmp_path: Path):
    """The real limit is 60 s; one end keeps the main connections alive, but nobody pings a VPN."""
    with starting(tmp_path, "--port", "0", command=(sys.executable, "-c", HASTY)) as process:
        process.wait_for("/fermat\n")
        async with aiohttp.ClientSession(process.url) as http:
            ana, ben = await Phone.register(http), await Phone.register(http)
            await ana.ask_for_a_vpn(ben)
            offers = [await phone.client.event() for phone in (ana, ben)]
            left, right = [await VpnClient.connect(http, offer) for offer in offers]
            ends = await asyncio.gather(end_of(left.socket), end_of(right.socket))
            assert [code for code, _ in ends] == [1002, 1002]
            assert all("Timeout" in reason for _, reason in ends)
        assert process.stderr == ""


def test_nothing_of_all_this_is_a_traceback(standin: StandinProcess):
    assert standin.stderr == ""


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_reason_fits_into_a_close_frame(reason: str):
    cut_off = reason_bytes(reason)
    assert len(cut_off) <= 123
    assert reason.startswith(cut_off.decode())
