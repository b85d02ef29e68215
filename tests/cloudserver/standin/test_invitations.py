"""Who asks for a VPN, and who is told."""

from __future__ import annotations

import pytest

from cloudserver.client import components
from cloudserver.standin.answers import Answer, Delivery
from cloudserver.standin.clients import Clients, Connection
from cloudserver.standin.processors import process
from cloudserver.wire import (
    ComponentType,
    Incomplete,
    NetworkServiceType,
    Packet,
    PacketType,
    Profile,
    Unreadable,
    contents,
    envelope,
    gson,
    profiles,
)

CHAT = NetworkServiceType.CHAT


class Phone:
    """A registered client with a chat service and an actor with a photo."""

    def __init__(self, clients: Clients, name: str) -> None:
        self.clients = clients
        self.connection = Connection(f"temporary {name}", f"server of {name}", 0.0)
        self.service = components.service(CHAT, f"service of {name}", name)
        self.actor = components.actor(
            ComponentType.ACTOR_CHAT, CHAT, f"actor of {name}", name, f"photo of {name}".encode()
        )
        clients.connect(self.connection)
        clients.register(
            self.connection,
            self.connection.temporary,
            NetworkServiceType.UNDEFINED,
            components.client(name),
        )
        for one in (self.service, self.actor):
            clients.register(self.connection, name, CHAT, one)

    def say(self, kind: PacketType, content: str) -> Answer:
        packet = Packet("1", self.connection.key, self.connection.server_key, kind, content)
        return process(self.clients, self.connection, envelope.encode(packet))

    def connect_services(self, own: Profile, remote: Profile) -> Answer:
        return self.say(PacketType.COMPONENT_CONNECTION_REQUEST, gson.write([own, remote]))

    def connect_actors(self, own: Profile, service: Profile, remote: Profile) -> Answer:
        content = contents.DiscoveryConnection(*map(gson.write, (own, service, remote)))
        return self.say(PacketType.DISCOVERY_COMPONENT_CONNECTION_REQUEST, contents.encode(content))


@pytest.fixture
def clients() -> Clients:
    return Clients(vpn_key="04VV")


@pytest.fixture
def ana(clients: Clients) -> Phone:
    return Phone(clients, "ana")


@pytest.fixture
def ben(clients: Clients) -> Phone:
    return Phone(clients, "ben")


def read(delivery: Delivery) -> tuple[str, str, Profile, Profile, Profile]:
    assert delivery.kind is PacketType.COMPONENT_CONNECTION_RESPOND
    respond = contents.decode(contents.ConnectionRespond, delivery.content)
    own, remote, service = map(
        profiles.decode_profile, (respond.applicant, respond.remote, respond.remote_service)
    )
    return respond.path, respond.server_key, own, remote, service


def test_between_services_both_are_told(ana: Phone, ben: Phone):
    answer = ana.connect_services(ana.service, ben.service)
    assert answer.reply is None
    first, second = answer.deliveries
    assert (first.to, second.to) == (ana.connection, ben.connection)
    assert read(first) == ("/fermat/vpn/", "04VV", ana.service, ben.service, ben.service)
    assert read(second) == ("/fermat/vpn/", "04VV", ben.service, ana.service, ana.service)
    assert 6 <= len(answer.log) <= 10


def test_between_actors_both_are_told_and_a_reference_to_the_other_is_enough(ana: Phone, ben: Phone):
    answer = ana.connect_actors(ana.actor, ana.service, components.reference(ben.actor))
    assert answer.reply is None
    first, second = answer.deliveries
    assert (first.to, second.to) == (ana.connection, ben.connection)
    assert read(first) == ("/fermat/vpn/", "04VV", ana.actor, ben.actor, ben.service)
    assert read(second) == ("/fermat/vpn/", "04VV", ben.actor, ana.actor, ana.service)
    assert "photo" not in "".join(answer.log), "Base64, in the content as it came"
    assert any(gson.write(ana.service)[1:30].replace('"', r"\"") in line for line in answer.log)


@pytest.mark.parametrize(
    "pair",
    [
        [components.service(CHAT, "service of ana", "ana"), components.service(CHAT, "x", "nobody")],
        [components.service(CHAT, "service of ana", "ana"), Profile("x")],
        [components.service(CHAT, "service of ana", "ana")],
        [],
    ],
)
def test_between_services_there_is_no_refusal_but_a_breakdown(ana: Phone, pair: list[Profile]):
    with pytest.raises(Unreadable):
        ana.say(PacketType.COMPONENT_CONNECTION_REQUEST, gson.write(pair))


def test_between_actors_there_is_a_refusal(ana: Phone, ben: Phone, clients: Clients):
    strange = Profile("nobody", platform_component_type=ComponentType.ACTOR_CHAT)
    other_type = Profile(ben.actor.identity_public_key, platform_component_type=ComponentType.ART_FAN)
    other_service = components.service(NetworkServiceType.FAN_ACTOR, "fans of ana", "ana")
    clients.register(
        ben.connection, "ben", CHAT, components.actor(ComponentType.ART_FAN, CHAT, "x", "nobody")
    )
    ghost = Profile("x", platform_component_type=ComponentType.ART_FAN)
    for service, remote, why in (
        (ana.service, strange, "not registered"),
        (ana.service, other_type, "not registered"),
        (ana.service, Profile(), "not registered"),
        (other_service, ben.actor, "no such network service"),
        (Profile("s"), ben.actor, "no such network service"),
        (ana.service, ghost, "no such network service"),
    ):
        answer = ana.connect_actors(ana.actor, service, remote)
        assert not answer.deliveries
        assert answer.destination == "ana"
        assert answer.reply is not None
        kind, content = answer.reply
        assert kind is PacketType.FAILURE_COMPONENT_CONNECTION_REQUEST
        refusal = contents.decode(contents.DiscoveryConnection, content)
        assert profiles.decode_profile(refusal.remote) == remote
        assert profiles.decode_profile(refusal.applicant_service) == service
        assert refusal.failure is not None
        assert refusal.failure.startswith("Failure in component connection")
        assert why in refusal.failure


def test_who_is_on_stand_by_cannot_be_asked(ana: Phone, ben: Phone, clients: Clients):
    clients.stand_by(ben.connection, 0.0)
    answer = ana.connect_actors(ana.actor, ana.service, ben.actor)
    assert answer.reply is not None
    assert answer.reply[0] is PacketType.FAILURE_COMPONENT_CONNECTION_REQUEST


def test_a_request_that_is_none_is_an_exception(ana: Phone):
    with pytest.raises(Incomplete):
        ana.say(PacketType.DISCOVERY_COMPONENT_CONNECTION_REQUEST, "{}")
    with pytest.raises(Unreadable):
        ana.say(PacketType.DISCOVERY_COMPONENT_CONNECTION_REQUEST, "[]")
