"""The worked examples of the protocol documents, read and written."""

from __future__ import annotations

from random import Random

import pytest

from cloudserver.wire import (
    ComponentType,
    DiscoveryParameters,
    Incomplete,
    Location,
    NetworkServiceType,
    Packet,
    PacketType,
    Profile,
    UnknownName,
    Unreadable,
    contents,
    envelope,
    gson,
    handshake,
    profiles,
)

# cloud-server.md §4.1, keys shortened as there.
REGISTRATION = (
    r'{"id":"7b0c...","sender":"04BB","destination":"04CC","fermatPacketType":"COMPONENT_REGISTRATION_REQUEST",'
    r'"messageContent":"{\"ns-t\":\"CHAT\",\"pr\":\"{\\\"identityPublicKey\\\":\\\"04AA\\\",'
    r"\\\"alias\\\":\\\"chat network service\\\",\\\"name\\\":\\\"Chat Network Service\\\","
    r"\\\"platformComponentType\\\":\\\"NETWORK_SERVICE\\\",\\\"networkServiceType\\\":\\\"CHAT\\\","
    r"\\\"communicationCloudClientIdentity\\\":\\\"04BB\\\",\\\"extraData\\\":\\\"ChatNetworkService\\\"}\"}"
    r'","signature":""}'
)
CHAT = Profile(
    "04AA",
    alias="chat network service",
    name="Chat Network Service",
    platform_component_type=ComponentType.NETWORK_SERVICE,
    network_service_type=NetworkServiceType.CHAT,
    communication_cloud_client_identity="04BB",
    extra_data="ChatNetworkService",
)


def test_the_documented_registration_is_read_layer_by_layer():
    packet = envelope.decode(REGISTRATION)
    assert packet.type is PacketType.COMPONENT_REGISTRATION_REQUEST
    assert (packet.id, packet.sender, packet.destination, packet.signature) == ("7b0c...", "04BB", "04CC", "")
    registration = contents.decode(contents.Registration, packet.content)
    assert registration.service is NetworkServiceType.CHAT
    assert profiles.decode_profile(registration.profile) == CHAT


def test_the_documented_registration_is_written_to_the_letter():
    content = contents.encode(contents.Registration(NetworkServiceType.CHAT, gson.write(CHAT)))
    packet = Packet("7b0c...", "04BB", "04CC", PacketType.COMPONENT_REGISTRATION_REQUEST, content)
    assert envelope.encode(packet) == REGISTRATION


def test_key_order_whitespace_unknown_keys_and_gson_escapes_do_not_matter():
    text = r"""{ "signature": "", "messageContent": "\u003ca \u0026 b\u003e \u003d \u0027",
        "extra": [1, {"a": 2}], "fermatPacketType": "MESSAGE_TRANSMIT",
        "destination": "d", "sender": "s", "id": "1" }"""
    assert envelope.decode(text) == Packet("1", "s", "d", PacketType.MESSAGE_TRANSMIT, "<a & b> = '")
    assert envelope.decode(text.encode()) == envelope.decode(text)


def test_the_main_header():
    assert handshake.HEADER == "tmp-i"
    assert handshake.encode(handshake.MainHandshake("04AB")) == '{"i":"04AB"}'
    assert handshake.decode_main('{"i":"zz"}') == handshake.MainHandshake("zz"), (
        "seen: not checked to be a key"
    )


def test_the_vpn_header():
    value = r'{"ns-t":"CHAT","c-iv":"04AB","a-vpn":"{\"identityPublicKey\":\"04AA\"}","r-p-v":"04CC"}'
    vpn = handshake.decode_vpn(value)
    assert (vpn.service, vpn.client_key, vpn.remote) == (NetworkServiceType.CHAT, "04AB", "04CC")
    assert profiles.decode_profile(vpn.applicant) == Profile("04AA")
    assert handshake.encode(vpn) == value


def test_the_server_handshake():
    assert contents.decode(contents.ServerHandshake, '{"srv-i":"04CC"}').server_key == "04CC"


def test_the_redirect_keeps_its_extra_quotes():
    redirect = contents.decode(contents.ServerRedirect, r'{"ns-t":"\"CHAT\"","ipserver":"10.0.0.9"}')
    assert (redirect.service, redirect.address) == ('"CHAT"', "10.0.0.9")


def test_a_message_with_timestamps_as_numbers():
    text = (
        '{"id":"1","sender":"04AA","receiver":"04BB","content":"hola","shippingTimestamp":1464000000000,'
        '"signature":"","fermatMessageContentType":"TEXT"}'
    )
    message = contents.decode(contents.FermatMessage, text)
    assert (message.shipping_timestamp, message.delivery_timestamp) == (1464000000000, None)
    with pytest.raises(Unreadable):
        contents.decode(contents.FermatMessage, text.replace("1464000000000", '{"time":1}'))


def test_nulls_are_read_as_missing_and_left_out():
    profile = profiles.decode_profile('{"identityPublicKey":"04AA","alias":null,"location":null}')
    assert profile == Profile("04AA")
    assert gson.write(profile) == '{"identityPublicKey":"04AA"}'
    assert gson.write(DiscoveryParameters()) == "{}"


def test_a_profile_is_written_in_the_order_of_the_java_class():
    where = Location(latitude=10.5, longitude=-66.9, accuracy=None, time=1, altitude=0.0)
    assert gson.write(Profile("k", "a", "n", where, extra_data="x")) == (
        '{"identityPublicKey":"k","alias":"a","name":"n",'
        '"location":{"latitude":10.5,"longitude":-66.9,"time":1,"altitude":0.0},"extraData":"x"}'
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", Unreadable),
        ("hello", Unreadable),
        ("[]", Unreadable),
        (b"\xff", Unreadable),
        ("\ud800", Unreadable),
        (REGISTRATION + "x", Unreadable),
        (REGISTRATION.replace('"04BB"', "{}"), Unreadable),
        ('{"x":' + 100_000 * "[", Unreadable),
        ("{}", Incomplete),
        (REGISTRATION.replace('"04BB"', "null"), Incomplete),
        (REGISTRATION.replace("COMPONENT_REGISTRATION_REQUEST", "COMP_REG_REQ"), UnknownName),
    ],
)
def test_broken_packets_are_told_apart_as_gson_would(text: str | bytes, kind: type[Exception]):
    with pytest.raises(kind, match="packet: "):
        envelope.decode(text)


def test_all_packet_types_are_there_and_eight_of_them_are_never_used():
    assert len(PacketType) == 25
    assert sum(not kind.code for kind in PacketType) == 8


@pytest.mark.parametrize("names", [PacketType, ComponentType, NetworkServiceType])
def test_a_name_travels_as_itself_and_its_code_is_its_own(names: type[PacketType]):
    for name in names:
        assert name.value == name.name == str(name)
    codes = [name.code for name in names if name.code]
    assert len(codes) == len(set(codes))


def test_codes_of_the_documents():
    assert PacketType.SERVER_HANDSHAKE_RESPOND.code == "SRV_HS_RESP"
    assert ComponentType.COMMUNICATION_CLOUD_CLIENT.code == "COM_CLD_CLI"
    assert NetworkServiceType.CRYPTO_TRANSMISSION.code == "CRY_TRANS"


def test_a_random_key_looks_like_an_uncompressed_point_and_is_as_random_as_its_source():
    one, same, other = (handshake.random_key(Random(seed).randbytes) for seed in (1, 1, 2))
    assert one == same != other
    assert (len(one), one[:2], one) == (130, "04", one.upper())
    bytes.fromhex(one)
