"""The profiles of a phone."""

from __future__ import annotations

import base64
from itertools import count
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.client import components
from cloudserver.client.fragments import cut
from cloudserver.session import ClientKeys, Session
from cloudserver.wire import ComponentType, NetworkServiceType, Packet, PacketType, Profile, envelope, gson
from cloudserver.wire.handshake import random_key


def test_the_documented_service_is_made_to_the_letter():
    assert components.service(NetworkServiceType.CHAT, "04AA", "04BB") == Profile(
        "04AA",
        alias="chat network service",
        name="Chat Network Service",
        platform_component_type=ComponentType.NETWORK_SERVICE,
        network_service_type=NetworkServiceType.CHAT,
        communication_cloud_client_identity="04BB",
        extra_data="ChatNetworkService",
    )


def test_a_full_phone_has_fifteen_services_each_once():
    assert len(components.PHONE) == len(set(components.PHONE)) == 15
    assert NetworkServiceType.UNDEFINED not in components.PHONE


def test_a_services_registration_is_cut_in_two_as_the_real_one():
    make, ids = Random(1), count()
    keys = ClientKeys(*(random_key(make.randbytes) for _ in range(2)))
    session = Session(keys, lambda: f"00000000-0000-4000-8000-{next(ids):012}")
    server = random_key(make.randbytes)
    session.receive(
        envelope.encode(
            Packet("", server, "", PacketType.SERVER_HANDSHAKE_RESPOND, f'{{"srv-i":"{server}"}}')
        )
    )
    session.receive(
        envelope.encode(
            Packet(
                "", server, "", PacketType.CLIENT_CONNECTION_SUCCESSFULLY_RECONNECT, "Reconnect successfully"
            )
        )
    )
    chat = components.service(NetworkServiceType.CHAT, random_key(make.randbytes), keys.permanent)
    text = session.register_component(NetworkServiceType.CHAT, chat)
    assert 1000 < len(text) < 1100
    assert len(cut(text)) == 2


@given(st.binary(max_size=2000))
def test_an_actors_photo_comes_back(photo: bytes):
    one = components.actor(ComponentType.ACTOR_CHAT, NetworkServiceType.CHAT, "04AA", "04BB", photo)
    assert one.extra_data is not None
    extra = msgspec.json.decode(one.extra_data)
    assert base64.b64decode(extra.get("PROFILE_IMAGE", "")) == photo


def test_a_reference_is_small_and_still_says_who():
    one = components.actor(ComponentType.ACTOR_CHAT, NetworkServiceType.CHAT, "04AA", "04BB", 30_000 * b"x")
    who = components.reference(one)
    assert len(gson.write(who)) < 200
    assert (who.identity_public_key, who.communication_cloud_client_identity) == ("04AA", "04BB")
    assert (who.platform_component_type, who.network_service_type) == (
        ComponentType.ACTOR_CHAT,
        NetworkServiceType.CHAT,
    )
