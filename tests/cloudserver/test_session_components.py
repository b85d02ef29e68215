"""What a registered client does beyond lists: services, actors, VPNs. The server is played by hand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from cloudserver.client import components, discovery
from cloudserver.session import (
    ClientKeys,
    ComponentRefused,
    ComponentRegistered,
    OutOfTurn,
    Registered,
    Session,
    Stage,
    VpnCompleted,
    VpnOffered,
    VpnRefused,
    WrongStage,
)
from cloudserver.wire import (
    ComponentType,
    Incomplete,
    NetworkServiceType,
    Packet,
    PacketType,
    Profile,
    WireError,
    contents,
    envelope,
    gson,
    profiles,
)

CHAT = NetworkServiceType.CHAT
SERVICE = components.service(CHAT, "04SS", "04PP")
ACTOR = components.actor(ComponentType.ACTOR_CHAT, CHAT, "04AA", "04PP", b"photo")
OTHER_SERVICE = components.service(CHAT, "04S2", "04P2")
OTHER_ACTOR = components.actor(ComponentType.ACTOR_CHAT, CHAT, "04A2", "04P2")


def said(kind: PacketType, content: str) -> str:
    return envelope.encode(Packet("x", "04CC", "04PP", kind, content))


def registered() -> Session:
    numbers = count(1)
    session = Session(ClientKeys("04TT", "04PP"), lambda: f"id{next(numbers)}")
    session.receive(said(PacketType.SERVER_HANDSHAKE_RESPOND, '{"srv-i":"04CC"}'))
    text = said(PacketType.CLIENT_CONNECTION_SUCCESSFULLY_RECONNECT, contents.RECONNECTED)
    assert session.receive(text) == Registered(reconnected=True)
    return session


@pytest.mark.parametrize("profile", [SERVICE, ACTOR], ids=["service", "actor"])
def test_a_component_is_registered_under_the_clients_own_key(profile: Profile):
    session = registered()
    packet = envelope.decode(session.register_component(CHAT, profile))
    assert (packet.id, packet.sender, packet.destination) == ("id1", "04PP", "04CC")
    assert packet.type is PacketType.COMPONENT_REGISTRATION_REQUEST
    wanted = contents.decode(contents.Registration, packet.content)
    assert (wanted.service, profiles.decode_profile(wanted.profile)) == (CHAT, profile)
    echo = said(PacketType.COMPLETE_COMPONENT_REGISTRATION, packet.content)
    assert session.receive(echo) == ComponentRegistered(CHAT, profile)
    assert session.stage is Stage.REGISTERED
    with pytest.raises(OutOfTurn):
        session.receive(echo)


def test_a_component_may_be_refused_and_the_client_stays():
    session = registered()
    packet = envelope.decode(session.register_component(CHAT, SERVICE))
    wanted = contents.decode(contents.Registration, packet.content)
    refusal = contents.Registration(wanted.service, wanted.profile, "already registered")
    text = said(PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST, contents.encode(refusal))
    assert session.receive(text) == ComponentRefused("already registered")
    assert session.stage is Stage.REGISTERED
    with pytest.raises(OutOfTurn):
        session.receive(text)


def test_answers_to_components_may_come_late():
    session = registered()
    texts = [session.register_component(CHAT, profile) for profile in (SERVICE, ACTOR)]
    for text, profile in zip(texts, (SERVICE, ACTOR), strict=True):
        echo = said(PacketType.COMPLETE_COMPONENT_REGISTRATION, envelope.decode(text).content)
        assert session.receive(echo) == ComponentRegistered(CHAT, profile)


def test_a_question_of_a_service():
    packet = envelope.decode(registered().ask(CHAT, discovery.services(CHAT)))
    assert packet.type is PacketType.REQUEST_LIST_COMPONENT_REGISTERED
    request = contents.decode(contents.ListRequest, packet.content)
    assert request.service is CHAT
    assert profiles.decode_discovery(request.discovery) == discovery.services(CHAT)


def test_a_vpn_between_services_is_asked_for_by_an_array():
    packet = envelope.decode(registered().connect_services(SERVICE, OTHER_SERVICE))
    assert packet.type is PacketType.COMPONENT_CONNECTION_REQUEST
    assert profiles.decode_profiles(packet.content) == (SERVICE, OTHER_SERVICE)


def test_a_vpn_between_actors_is_asked_for_by_three_profiles():
    packet = envelope.decode(registered().connect_actors(ACTOR, SERVICE, components.reference(OTHER_ACTOR)))
    assert packet.type is PacketType.DISCOVERY_COMPONENT_CONNECTION_REQUEST
    request = contents.decode(contents.DiscoveryConnection, packet.content)
    assert profiles.decode_profile(request.applicant) == ACTOR
    assert profiles.decode_profile(request.applicant_service) == SERVICE
    assert profiles.decode_profile(request.remote) == components.reference(OTHER_ACTOR)


def offer(own: Profile, remote: Profile, service: Profile) -> str:
    content = contents.ConnectionRespond("/fermat/vpn/", "04VV", *map(gson.write, (own, remote, service)))
    return said(PacketType.COMPONENT_CONNECTION_RESPOND, contents.encode(content))


def test_an_offer_says_where_and_between_whom():
    heard = registered().receive(offer(ACTOR, OTHER_ACTOR, OTHER_SERVICE))
    assert heard == VpnOffered("/fermat/vpn/", "04VV", CHAT, ACTOR, "04AA", "04A2")


@pytest.mark.parametrize(
    "profiles_of_it",
    [
        (Profile(), OTHER_ACTOR, OTHER_SERVICE),
        (ACTOR, Profile(), OTHER_SERVICE),
        (ACTOR, OTHER_ACTOR, Profile("04S2")),
    ],
)
def test_an_offer_that_does_not_say_enough(profiles_of_it: tuple[Profile, Profile, Profile]):
    with pytest.raises(Incomplete):
        registered().receive(offer(*profiles_of_it))


def test_a_refusal_says_why():
    refusal = contents.DiscoveryConnection("{}", "{}", "{}", "Failure in component connection: gone")
    text = said(PacketType.FAILURE_COMPONENT_CONNECTION_REQUEST, contents.encode(refusal))
    assert registered().receive(text) == VpnRefused("Failure in component connection: gone")


def test_both_ends_are_there():
    complete = contents.ConnectionComplete(gson.write(OTHER_ACTOR), gson.write(ACTOR), CHAT)
    text = said(PacketType.COMPLETE_COMPONENT_CONNECTION_REQUEST, contents.encode(complete))
    assert registered().receive(text) == VpnCompleted(CHAT, "04AA", "04A2")


@pytest.mark.parametrize(
    "kind", [PacketType.COMPONENT_CONNECTION_RESPOND, PacketType.COMPLETE_COMPONENT_CONNECTION_REQUEST]
)
@pytest.mark.parametrize("content", ["no", "{}"])
def test_an_offer_that_is_none(kind: PacketType, content: str):
    with pytest.raises(WireError):
        registered().receive(said(kind, content))


@pytest.mark.parametrize(
    "say",
    [
        lambda session: session.register_component(CHAT, SERVICE),
        lambda session: session.ask(CHAT, discovery.services(CHAT)),
        lambda session: session.connect_services(SERVICE, OTHER_SERVICE),
        lambda session: session.connect_actors(ACTOR, SERVICE, OTHER_ACTOR),
    ],
)
def test_nothing_of_this_before_one_is_registered(say: Callable[[Session], str]):
    session = Session(ClientKeys("04TT", "04PP"), lambda: "id")
    with pytest.raises(WrongStage, match="needs stage registered"):
        say(session)
    session.receive(said(PacketType.SERVER_HANDSHAKE_RESPOND, '{"srv-i":"04CC"}'))
    session.register()
    done = said(PacketType.COMPLETE_COMPONENT_REGISTRATION, '{"ns-t":"UNDEFINED","pr":"{}"}')
    assert session.receive(done) == Registered(reconnected=False)
    with pytest.raises(OutOfTurn):
        session.receive(done)
