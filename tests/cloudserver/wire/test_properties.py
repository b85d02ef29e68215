"""What holds for all text: it is read, or it is a WireError; and what was written is read back the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.wire import (
    ComponentType,
    DiscoveryParameters,
    Location,
    NetworkServiceType,
    Packet,
    PacketType,
    Profile,
    WireError,
    contents,
    envelope,
    gson,
    handshake,
    profiles,
)
from cloudserver.wire.profiles import LocationProvider

words = st.text(st.characters(exclude_categories=["Cs"]))
maybe = words | st.none()
numbers = st.integers(-(2**62), 2**62)
floats = st.floats(allow_nan=False, allow_infinity=False)
services = st.sampled_from(NetworkServiceType)
components = st.sampled_from(ComponentType) | st.none()
locations = st.builds(
    Location,
    latitude=floats,
    longitude=floats,
    accuracy=numbers | st.none(),
    time=numbers,
    altitude=floats,
    provider=st.sampled_from(LocationProvider) | st.none(),
)
a_profile = st.builds(
    Profile, maybe, maybe, maybe, locations | st.none(), components, services | st.none(), maybe, maybe
)
questions = st.builds(
    DiscoveryParameters,
    identity_public_key=maybe,
    alias=maybe,
    location=locations | st.none(),
    distance=floats | st.none(),
    platform_component_type=components,
    network_service_type=services | st.none(),
    offset=numbers,
    max=numbers,
    from_other_platform_component_type=components,
)
packets = st.builds(Packet, words, words, words, st.sampled_from(PacketType), words, words)
some_content = st.one_of(
    st.builds(contents.ServerHandshake, words),
    st.builds(contents.Registration, services, words, maybe),
    st.builds(contents.ActorUpdate, services, words, maybe),
    st.builds(contents.ListRequest, services, words, maybe, maybe),
    st.builds(contents.ListAnswer, components, services | st.none(), words),
    st.builds(contents.DiscoveryConnection, words, words, words, maybe),
    st.builds(contents.ConnectionRespond, words, words, words, words, words),
    st.builds(contents.ConnectionComplete, words, words, services),
    st.builds(contents.ServerRedirect, words, words),
    st.builds(
        contents.FermatMessage,
        *(words, words, words, words),
        numbers,
        st.sampled_from(contents.MessageType),
        words,
        numbers | st.none(),
    ),
)

READERS: list[Callable[[str | bytes], object]] = [
    envelope.decode,
    handshake.decode_main,
    handshake.decode_vpn,
    profiles.decode_profile,
    profiles.decode_profiles,
    profiles.decode_discovery,
    *(lambda text, kind=kind: contents.decode(kind, text) for kind in contents.Content.__subclasses__()),
]
# Values in the protocol's own words, so that a reader gets past its first key.
KEYS = [field.encode_name for kind in (Packet, Profile, Location) for field in msgspec.structs.fields(kind)]
almost = st.recursive(
    st.none() | st.booleans() | numbers | st.sampled_from([*PacketType, *ComponentType, "CHAT"]) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=10,
)


@pytest.mark.parametrize("read", READERS)
@given(st.text() | st.binary() | almost.map(lambda value: msgspec.json.encode(value).decode()))
def test_any_text_is_read_or_is_a_wire_error(read: Callable[[str | bytes], object], text: str | bytes):
    with suppress(WireError):
        read(text)


@given(packets)
def test_a_packet_comes_back(packet: Packet):
    assert envelope.decode(envelope.encode(packet)) == packet


@given(some_content)
def test_a_content_comes_back(content: contents.Content):
    assert contents.decode(type(content), contents.encode(content)) == content


@given(st.lists(a_profile, max_size=3))
def test_profiles_come_back(some: list[Profile]):
    assert profiles.decode_profiles(gson.write(some)) == tuple(some)


@given(questions)
def test_a_question_comes_back(question: DiscoveryParameters):
    assert profiles.decode_discovery(gson.write(question)) == question


@given(words)
def test_the_main_header_comes_back_on_one_line(word: str):
    text = handshake.encode(handshake.MainHandshake(word))
    assert "\n" not in text
    assert handshake.decode_main(text).temporary == word


@given(services, words, words, words)
def test_the_vpn_header_comes_back_on_one_line(
    service: NetworkServiceType, key: str, profile: str, remote: str
):
    value = handshake.VpnHandshake(service, key, profile, remote)
    text = handshake.encode(value)
    assert "\n" not in text
    assert handshake.decode_vpn(text) == value
