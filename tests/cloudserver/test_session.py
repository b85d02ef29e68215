"""The client's side of the conversation, against a server played by hand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.session import (
    PATH,
    ClientKeys,
    Handshaken,
    Ignored,
    Listed,
    ListRefused,
    OutOfTurn,
    Redirected,
    Refused,
    Registered,
    Session,
    Stage,
    WrongStage,
    make_keys,
)
from cloudserver.wire import (
    ComponentType,
    NetworkServiceType,
    Packet,
    PacketType,
    Profile,
    Unreadable,
    WireError,
    contents,
    envelope,
    gson,
    profiles,
)

KEYS = ClientKeys("04TT", "04PP")
SERVER = "04CC"


def new_session() -> Session:
    numbers = count(1)
    return Session(KEYS, lambda: f"id{next(numbers)}")


def said(kind: PacketType, content: str = "") -> str:
    return envelope.encode(Packet("x", SERVER, "04TT", kind, content))


HANDSHAKE = said(PacketType.SERVER_HANDSHAKE_RESPOND, '{"srv-i":"04CC"}')
COMPLETE = said(PacketType.COMPLETE_COMPONENT_REGISTRATION, '{"ns-t":"UNDEFINED","pr":"{}"}')
RECONNECT = said(PacketType.CLIENT_CONNECTION_SUCCESSFULLY_RECONNECT, "Reconnect successfully")
REFUSAL = said(
    PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST,
    '{"ns-t":"UNDEFINED","pr":"{}","f-vpn-m":"Forbidden connection"}',
)
EMPTY_LIST = said(
    PacketType.REQUEST_LIST_COMPONENT_REGISTERED,
    '{"comp-t":"COMMUNICATION_CLOUD_CLIENT","ns-t":"UNDEFINED","rl":"[]"}',
)
NO_LIST = said(
    PacketType.FAILURE_REQUESTED_LIST_NOT_AVAILABLE, '{"ns-t":"CHAT","dp":"{}","f-vpn-m":"not available"}'
)
REDIRECT = said(PacketType.REGISTER_SERVER_REQUEST, r'{"ns-t":"\"CHAT\"","ipserver":"10.0.0.9"}')
MESSAGE = said(PacketType.MESSAGE_TRANSMIT)


def in_stage(stage: Stage) -> Session:
    session = new_session()
    for text in {
        Stage.HANDSHAKE: [],
        Stage.REGISTRATION: [HANDSHAKE],
        Stage.REGISTERED: [HANDSHAKE, COMPLETE],
        Stage.REFUSED: [HANDSHAKE, REFUSAL],
    }[stage]:
        session.receive(text)
    assert session.stage is stage
    return session


def test_the_upgrade_says_who_we_are():
    assert PATH == "/fermat/ws/"
    assert new_session().headers() == {"tmp-i": '{"i":"04TT"}'}


def test_a_whole_conversation():
    session = new_session()
    assert session.receive(HANDSHAKE) == Handshaken("04CC")

    packet = envelope.decode(session.register())
    assert packet.type is PacketType.COMPONENT_REGISTRATION_REQUEST
    assert (packet.id, packet.sender, packet.destination, packet.signature) == ("id1", "04TT", "04CC", "")
    registration = contents.decode(contents.Registration, packet.content)
    assert registration.service is NetworkServiceType.UNDEFINED
    assert profiles.decode_profile(registration.profile) == Profile(
        "04PP",
        alias="WsCommunicationsCloudClientChannel",
        name="Web Socket Communications Cloud Client",
        platform_component_type=ComponentType.COMMUNICATION_CLOUD_CLIENT,
        network_service_type=NetworkServiceType.UNDEFINED,
        communication_cloud_client_identity="04PP",
    )
    assert session.receive(COMPLETE) == Registered(reconnected=False)

    packet = envelope.decode(session.request_list())
    assert packet.type is PacketType.REQUEST_LIST_COMPONENT_REGISTERED
    assert (packet.id, packet.sender, packet.destination) == ("id2", "04PP", "04CC"), (
        "known by its own key now"
    )
    request = contents.decode(contents.ListRequest, packet.content)
    question = profiles.decode_discovery(request.discovery)
    assert question.identity_public_key == "04PP"
    assert question.platform_component_type is ComponentType.COMMUNICATION_CLOUD_CLIENT
    assert session.receive(EMPTY_LIST) == Listed(())
    assert session.stage is Stage.REGISTERED


def test_a_reconnect_is_a_registration_though_its_content_is_not_json():
    session = in_stage(Stage.REGISTRATION)
    assert session.receive(RECONNECT) == Registered(reconnected=True)
    assert session.stage is Stage.REGISTERED


def test_a_refusal_says_why_and_is_the_end():
    session = in_stage(Stage.REGISTRATION)
    assert session.receive(REFUSAL) == Refused("Forbidden connection")
    assert session.stage is Stage.REFUSED
    with pytest.raises(OutOfTurn):
        session.receive(COMPLETE)


@pytest.mark.parametrize("content", ["no", "{}", '{"ns-t":"UNDEFINED","pr":"{}"}'])
def test_a_refusal_without_its_reason_is_still_a_refusal(content: str):
    refusal = said(PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST, content)
    assert in_stage(Stage.REGISTRATION).receive(refusal) == Refused(content)


def test_what_else_a_registered_client_hears():
    session = in_stage(Stage.REGISTERED)
    other = Profile("04AA", communication_cloud_client_identity="04BB")
    listed = said(
        PacketType.REQUEST_LIST_COMPONENT_REGISTERED,
        contents.encode(contents.ListAnswer(profiles=gson.write([other]))),
    )
    assert session.receive(listed) == Listed((other,))
    assert session.receive(NO_LIST) == ListRefused("not available")
    assert session.receive(REDIRECT) == Redirected("CHAT", "10.0.0.9")
    assert session.receive(MESSAGE) == Ignored(PacketType.MESSAGE_TRANSMIT)
    assert session.receive(EMPTY_LIST.encode()) == Listed(()), "bytes are text too"


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        (Stage.HANDSHAKE, COMPLETE),
        (Stage.HANDSHAKE, EMPTY_LIST),
        (Stage.REGISTRATION, HANDSHAKE),
        (Stage.REGISTRATION, EMPTY_LIST),
        (Stage.REGISTERED, HANDSHAKE),
        (Stage.REGISTERED, COMPLETE),
        (Stage.REGISTERED, RECONNECT),
        (Stage.REFUSED, EMPTY_LIST),
    ],
)
def test_a_good_packet_at_the_wrong_moment_changes_nothing(stage: Stage, text: str):
    session = in_stage(stage)
    with pytest.raises(OutOfTurn, match=stage.value):
        session.receive(text)
    assert session.stage is stage


def test_a_handshake_without_a_key_changes_nothing():
    session = new_session()
    with pytest.raises(WireError):
        session.receive(said(PacketType.SERVER_HANDSHAKE_RESPOND, "{}"))
    assert session.receive(HANDSHAKE) == Handshaken("04CC")


@pytest.mark.parametrize(
    ("stage", "say"),
    [
        *((stage, Session.register) for stage in Stage if stage is not Stage.REGISTRATION),
        *((stage, Session.request_list) for stage in Stage if stage is not Stage.REGISTERED),
    ],
)
def test_we_cannot_speak_out_of_turn_ourselves(stage: Stage, say: Callable[[Session], str]):
    session = in_stage(stage)
    with pytest.raises(WrongStage, match=stage.value):
        say(session)
    assert session.stage is stage


def test_keys_come_from_the_randomness_handed_in():
    one, same = (make_keys(Random(7).randbytes) for _ in range(2))
    assert one == same
    assert one.temporary != one.permanent


ALLOWED = {
    (Stage.HANDSHAKE, Stage.REGISTRATION),
    (Stage.REGISTRATION, Stage.REGISTERED),
    (Stage.REGISTRATION, Stage.REFUSED),
}
TEXTS = [HANDSHAKE, COMPLETE, RECONNECT, REFUSAL, EMPTY_LIST, NO_LIST, REDIRECT, MESSAGE, "{}", "nonsense"]


@given(
    st.lists(st.sampled_from(TEXTS) | st.text() | st.binary() | st.sampled_from(["register", "request_list"]))
)
def test_whatever_happens_the_stage_only_moves_forward(script: list[str | bytes]):
    session = new_session()
    for line in script:
        before = session.stage
        try:
            if line in ("register", "request_list"):
                envelope.decode(getattr(session, str(line))())
            else:
                session.receive(line)
        except (WireError, WrongStage):
            assert session.stage is before
        assert session.stage is before or (before, session.stage) in ALLOWED


def test_nonsense_is_unreadable():
    with pytest.raises(Unreadable):
        new_session().receive(b"\x00\xff")
