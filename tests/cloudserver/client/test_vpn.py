"""One end of a VPN, against a server played by hand."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.client import components
from cloudserver.client.events import Ignored, Relayed, VpnOffered
from cloudserver.client.vpn import Vpn
from cloudserver.wire import (
    ComponentType,
    NetworkServiceType,
    Packet,
    PacketType,
    WireError,
    contents,
    envelope,
    handshake,
    profiles,
)

ACTOR = components.actor(ComponentType.ACTOR_CHAT, NetworkServiceType.CHAT, "04AA", "04BB", 9000 * b"x")
OFFER = VpnOffered("/fermat/vpn/", "04VV", NetworkServiceType.CHAT, ACTOR, "04AA", "04CC")
words = st.text(st.characters(exclude_categories=["Cs"]))


def new_vpn() -> Vpn:
    ids = count(1)
    return Vpn(OFFER, "04II", lambda: f"id{next(ids)}")


def test_the_upgrade_says_which_end_we_are_without_the_photo():
    vpn = new_vpn()
    assert vpn.path == "/fermat/vpn/"
    (header,) = vpn.headers().values()
    assert len(header) < 1000
    hello = handshake.decode_vpn(header)
    assert (hello.service, hello.client_key, hello.remote) == (NetworkServiceType.CHAT, "04II", "04CC")
    applicant = profiles.decode_profile(hello.applicant)
    assert (applicant.identity_public_key, applicant.name, applicant.extra_data) == ("04AA", ACTOR.name, None)
    assert ACTOR.extra_data, "the profile itself is as it was"


@given(words, st.integers(0, 2**53))
def test_what_one_says_the_other_hears(text: str, now: int):
    """The server changes the envelope only, so the packet may as well be read as it was written."""
    said = new_vpn().say(text, now)
    packet = envelope.decode(said)
    assert (packet.id, packet.sender, packet.destination) == ("id2", "04II", "04VV")
    assert packet.type is PacketType.MESSAGE_TRANSMIT
    heard = new_vpn().receive(said)
    assert isinstance(heard, Relayed)
    message = heard.message
    assert (message.id, message.sender, message.receiver) == ("id1", "04AA", "04CC")
    assert (message.content, message.shipping_timestamp, message.delivery_timestamp) == (text, now, None)
    assert message.fermat_message_content_type is contents.MessageType.TEXT


def test_other_packets_mean_nothing_here():
    text = envelope.encode(Packet("", "", "", PacketType.MESSAGE_DELIVERY_NOTIFICATION, "no"))
    assert new_vpn().receive(text) == Ignored(PacketType.MESSAGE_DELIVERY_NOTIFICATION)


@pytest.mark.parametrize("content", ["no", "{}", '{"id":"1"}'])
def test_a_message_that_is_none(content: str):
    with pytest.raises(WireError):
        new_vpn().receive(envelope.encode(Packet("", "", "", PacketType.MESSAGE_TRANSMIT, content)))


@given(st.text() | st.binary())
def test_any_text_is_read_or_is_a_wire_error(text: str | bytes):
    with suppress(WireError):
        new_vpn().receive(text)
