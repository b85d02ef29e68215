"""One text message in, what follows from it out."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.standin.answers import Answer
from cloudserver.standin.clients import Clients, Connection
from cloudserver.standin.processors import process
from cloudserver.wire import (
    ComponentType,
    Incomplete,
    NetworkServiceType,
    Packet,
    PacketType,
    Profile,
    UnknownName,
    Unreadable,
    WireError,
    contents,
    envelope,
    gson,
    profiles,
)

REGISTER = PacketType.COMPONENT_REGISTRATION_REQUEST
UPDATE = PacketType.UPDATE_ACTOR_REQUEST
LIST = PacketType.REQUEST_LIST_COMPONENT_REGISTERED
CONNECT_SERVICES = PacketType.COMPONENT_CONNECTION_REQUEST
CONNECT_ACTORS = PacketType.DISCOVERY_COMPONENT_CONNECTION_REQUEST
CLIENT = Profile(
    "p",
    platform_component_type=ComponentType.COMMUNICATION_CLOUD_CLIENT,
    communication_cloud_client_identity="p",
)
ACTOR = Profile(
    "a", name="Ana", platform_component_type=ComponentType.ACTOR_CHAT, communication_cloud_client_identity="p"
)


class Talk:
    """One connection after its handshake."""

    def __init__(self) -> None:
        self.clients = Clients()
        self.connection = Connection("t", "server", 0.0)
        self.clients.connect(self.connection)

    def say(self, kind: PacketType, content: str, sender: str = "t") -> Answer:
        return process(
            self.clients, self.connection, envelope.encode(Packet("1", sender, "server", kind, content))
        )

    def register(self, profile: Profile, sender: str = "t") -> Answer:
        content = contents.Registration(NetworkServiceType.CHAT, gson.write(profile))
        return self.say(REGISTER, contents.encode(content), sender)


def test_a_registration_is_echoed_to_its_sender():
    answer = Talk().register(CLIENT)
    echo = contents.encode(contents.Registration(NetworkServiceType.CHAT, gson.write(CLIENT)))
    assert answer.reply == (PacketType.COMPLETE_COMPONENT_REGISTRATION, echo)
    assert answer.destination == "t"
    assert len(answer.log) == 14


def test_a_components_registration_has_its_own_log_lines():
    talk = Talk()
    talk.register(CLIENT)
    answer = talk.register(ACTOR, sender="p")
    assert answer.reply is not None
    assert answer.reply[0] is PacketType.COMPLETE_COMPONENT_REGISTRATION
    assert len(answer.log) == 12


def test_a_refusal_is_the_original_and_the_reason():
    answer = Talk().register(CLIENT, sender="somebody")
    assert answer.reply is not None
    kind, content = answer.reply
    assert kind is PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST
    refused = contents.decode(contents.Registration, content)
    assert profiles.decode_profile(refused.profile) == CLIENT
    assert refused.failure is not None
    assert refused.failure.startswith("failure in registration component: Forbidden connection")


@pytest.mark.parametrize(
    "content",
    [
        r'{"ns-t":"CHAT","pr":"{\"identityPublicKey\":\"a\",\"platformComponentType\":\"ROBOT\"}"}',
        r'{"ns-t":"CHAT","pr":"{\"identityPublicKey\":\"a\"}"}',
        r'{"ns-t":"TELEPATHY","pr":"{}"}',
    ],
)
def test_unknown_types_are_refused(content: str):
    answer = Talk().say(REGISTER, content)
    assert answer.reply is not None
    assert answer.reply[0] is PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST
    refused = msgspec.json.decode(answer.reply[1])
    assert refused.pop("f-vpn-m").startswith("failure in registration component: ")
    assert refused == msgspec.json.decode(content)


def test_an_update_and_its_refusal():
    talk = Talk()
    talk.register(CLIENT)
    talk.register(ACTOR, sender="p")
    changes = {
        "ns-t": "CHAT",
        "pu": gson.write(Profile("a", alias="x", platform_component_type=ComponentType.ACTOR_CHAT)),
    }
    text = msgspec.json.encode(changes).decode()
    assert talk.say(UPDATE, text, "p").reply == (PacketType.COMPLETE_UPDATE_ACTOR, text)
    refused = talk.say(UPDATE, text.replace("ACTOR_CHAT", "NETWORK_SERVICE"), "p").reply
    assert refused is not None
    assert refused[0] is PacketType.FAILURE_UPDATE_ACTOR_REQUEST


def test_a_list_and_its_refusal():
    talk = Talk()
    talk.register(CLIENT)
    talk.register(ACTOR, sender="p")
    reply = talk.say(LIST, r'{"ns-t":"CHAT","dp":"{\"platformComponentType\":\"ACTOR_CHAT\"}"}', "me").reply
    assert reply is not None
    assert reply[0] is LIST
    answer = contents.decode(contents.ListAnswer, reply[1])
    assert (answer.component, answer.service) == (ComponentType.ACTOR_CHAT, None)
    assert profiles.decode_profiles(answer.profiles) == (ACTOR,)

    refused = talk.say(LIST, '{"ns-t":"CHAT","dp":"{}"}', "me").reply
    assert refused is not None
    assert refused[0] is PacketType.FAILURE_REQUESTED_LIST_NOT_AVAILABLE
    refusal = contents.decode(contents.ListRequest, refused[1])
    assert (refusal.discovery, refusal.applicant_service) == ("{}", "CHAT")
    assert refusal.failure


def test_what_is_dropped_and_what_is_passed_over():
    talk = Talk()
    for text in ("hello", "[1]", ""):
        assert process(talk.clients, talk.connection, text).reply is None
    for kind in PacketType:
        if kind not in (REGISTER, UPDATE, LIST, CONNECT_SERVICES, CONNECT_ACTORS):
            assert talk.say(kind, "anything").reply is None


@pytest.mark.parametrize(
    ("kind", "content", "error"),
    [
        (REGISTER, "{}", Incomplete),
        (REGISTER, "no", Unreadable),
        (REGISTER, '{"ns-t":"CHAT","pr":"no"}', Unreadable),
        (LIST, '{"ns-t":"CHAT","dp":"no"}', Unreadable),
        (UPDATE, '{"ns-t":"CHAT"}', Incomplete),
        (CONNECT_SERVICES, "no", Unreadable),
        (CONNECT_ACTORS, "{}", Incomplete),
    ],
)
def test_what_is_an_exception_in_the_server(kind: PacketType, content: str, error: type[WireError]):
    with pytest.raises(error):
        Talk().say(kind, content)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{}", Incomplete),
        ('{"id":"","sender":"","destination":"","messageContent":"","fermatPacketType":"X"}', UnknownName),
    ],
)
def test_so_is_an_envelope_without_keys_or_of_an_unknown_type(text: str, error: type[WireError]):
    talk = Talk()
    with pytest.raises(error):
        process(talk.clients, talk.connection, text)


values = st.sampled_from(
    ["", "t", "p", "CHAT", "ACTOR_CHAT", "COMMUNICATION_CLOUD_CLIENT", "{}", "no", None, 5]
)
some_json = st.dictionaries(
    st.sampled_from(
        ["ns-t", "pr", "pu", "dp", "identityPublicKey", "platformComponentType", "name", "max", "offset"]
    ),
    values,
)
nested = st.builds(
    lambda outer, key, inner: {**outer, key: msgspec.json.encode(inner).decode()},
    some_json,
    st.sampled_from(["pr", "pu", "dp"]),
    some_json,
)


@given(st.lists(st.tuples(st.sampled_from([REGISTER, UPDATE, LIST]), nested, st.sampled_from("tpx"))))
def test_any_talk_is_answered_or_is_a_wire_error(talk: list[tuple[PacketType, dict[str, object], str]]):
    one = Talk()
    for kind, content, sender in talk:
        try:
            answer = one.say(kind, msgspec.json.encode(content).decode(), sender)
        except WireError:
            continue
        assert answer.reply is not None
        assert answer.log
    one.clients.forget(one.connection)
