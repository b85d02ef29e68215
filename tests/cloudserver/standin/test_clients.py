"""The registries: who is in, who is thrown out, and who stays for ever."""

from __future__ import annotations

import pytest

from cloudserver.standin.clients import Clients, Connection, Rejected
from cloudserver.wire import ComponentType, Incomplete, NetworkServiceType, Profile

CLIENT, SERVICE = ComponentType.COMMUNICATION_CLOUD_CLIENT, ComponentType.NETWORK_SERVICE
CHAT, UNDEFINED = NetworkServiceType.CHAT, NetworkServiceType.UNDEFINED
ACTOR = ComponentType.ACTOR_CHAT


def client(identity: str) -> Profile:
    return Profile(identity, platform_component_type=CLIENT, communication_cloud_client_identity=identity)


def component(identity: str, of: str, kind: ComponentType = SERVICE) -> Profile:
    return Profile(identity, platform_component_type=kind, communication_cloud_client_identity=of)


def connect(clients: Clients, temporary: str) -> Connection:
    connection = Connection(temporary, "server", 0.0)
    clients.connect(connection)
    return connection


def registered(clients: Clients, temporary: str, identity: str) -> Connection:
    connection = connect(clients, temporary)
    clients.register(connection, temporary, UNDEFINED, client(identity))
    return connection


def test_from_pending_to_registered_to_gone():
    clients = Clients()
    connection = connect(clients, "t")
    assert (len(clients.pending), len(clients.registered)) == (1, 0)
    assert clients.register(connection, "t", UNDEFINED, client("p")) is None
    assert (len(clients.pending), list(clients.registered)) == (0, ["p"])
    assert connection.key == "p"
    assert clients.forget(connection) == 1
    assert not clients.registered
    assert not clients.cloud_clients
    assert clients.forget(connection) == 0


def test_only_who_is_pending_can_register():
    clients = Clients()
    connection = connect(clients, "t")
    with pytest.raises(Rejected, match="Forbidden connection"):
        clients.register(connection, "other", UNDEFINED, client("p"))
    assert list(clients.pending) == ["t"]


def test_the_same_identity_again_replaces_the_old_connection():
    clients = Clients()
    old = registered(clients, "t1", "p")
    clients.register(old, "p", CHAT, component("s", of="p"))
    new = connect(clients, "t2")
    assert clients.register(new, "t2", UNDEFINED, client("p")) is old
    assert clients.registered == {"p": new}
    assert not clients.services[CHAT], "the old one's components went with it"
    assert clients.forget(old) == 0, "the old socket's end does not touch the new one"
    assert clients.registered == {"p": new}


def test_components_go_with_the_client_they_name():
    clients = Clients()
    one = registered(clients, "t1", "p1")
    registered(clients, "t2", "p2")
    clients.register(one, "p1", CHAT, component("s1", of="p1"))
    clients.register(one, "p1", CHAT, component("a1", of="p1", kind=ACTOR))
    clients.register(one, "p1", CHAT, component("s2", of="p2"))
    assert [profile.identity_public_key for profile in clients.components_of("p1")] == ["s1", "a1"]
    assert clients.forget(one) == 3
    assert list(clients.services[CHAT]) == ["s2"]
    assert not clients.others[ACTOR]


def test_a_service_of_a_client_who_never_comes_is_a_ghost():
    clients = Clients()
    connection = connect(clients, "t")
    clients.register(connection, "t", CHAT, component("s", of="nobody"))
    clients.forget(connection)
    assert list(clients.services[CHAT]) == ["s"]
    assert not clients.pending


def test_clean_up_before_registration_is_by_temporary_key_not_by_socket():
    clients = Clients()
    old, new = connect(clients, "t"), connect(clients, "t")
    clients.forget(old)
    with pytest.raises(Rejected, match="Forbidden"):
        clients.register(new, "t", UNDEFINED, client("p"))


@pytest.mark.parametrize("kind", [SERVICE, ACTOR])
def test_a_component_registers_once(kind: ComponentType):
    clients = Clients()
    one = registered(clients, "t", "p")
    clients.register(one, "p", CHAT, component("s", of="p", kind=kind))
    with pytest.raises(Rejected, match="already registered"):
        clients.register(one, "p", CHAT, component("s", of="p", kind=kind))
    if kind is SERVICE:
        clients.register(one, "p", NetworkServiceType.INTRA_USER, component("s", of="p"))


def test_a_profile_needs_a_type_and_a_key():
    clients = Clients()
    one = registered(clients, "t", "p")
    with pytest.raises(Rejected, match="type unknown"):
        clients.register(one, "p", CHAT, Profile("s"))
    with pytest.raises(Incomplete):
        clients.register(one, "p", CHAT, Profile(platform_component_type=SERVICE))


def test_an_actor_can_be_updated_and_keeps_what_is_not_given():
    clients = Clients()
    one = registered(clients, "t", "p")
    old = Profile("a", "alias", "name", None, ACTOR, CHAT, "p", "photo")
    clients.register(one, "p", CHAT, old)
    clients.update(Profile("a", name="new", platform_component_type=ACTOR))
    assert list(clients.others[ACTOR].values()) == [
        Profile("a", "alias", "new", None, ACTOR, CHAT, "p", "photo")
    ]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        (Profile("s", name="x", platform_component_type=SERVICE), "not an actor type"),
        (Profile("a", name="x"), "not an actor type"),
        (Profile("b", name="x", platform_component_type=ACTOR), "not found"),
        (Profile("a", platform_component_type=ACTOR), "nothing"),
    ],
)
def test_updates_that_are_refused(changes: Profile, cause: str):
    clients = Clients()
    one = registered(clients, "t", "p")
    clients.register(one, "p", CHAT, component("a", of="p", kind=ACTOR))
    with pytest.raises(Rejected, match=cause):
        clients.update(changes)


def test_a_lost_clients_profiles_stand_by_and_come_back_with_it():
    clients = Clients()
    lost = registered(clients, "t", "p")
    clients.register(lost, "p", CHAT, component("s", of="p"))
    clients.register(lost, "p", CHAT, component("a", of="p", kind=ACTOR))
    assert clients.stand_by(lost, 10.0) == 3
    assert not clients.registered
    assert not clients.cloud_clients
    assert not clients.services[CHAT]
    assert clients.components_of("p") == [], "in no list, in no count"
    back = Connection("t", "server", 69.9)
    clients.connect(back)
    assert clients.register(back, "t", UNDEFINED, client("p")) is None
    assert back.reconnected
    assert list(clients.cloud_clients) == ["p"]
    assert [profile.identity_public_key for profile in clients.components_of("p")] == ["s", "a"]
    with pytest.raises(Rejected, match="already registered"):
        clients.register(back, "p", CHAT, component("s", of="p"))
    assert clients.forget(back) == 3


def test_who_comes_back_too_late_starts_anew():
    clients = Clients()
    lost = registered(clients, "t", "p")
    clients.register(lost, "p", CHAT, component("s", of="p"))
    clients.stand_by(lost, 10.0)
    back = Connection("t", "server", 70.0)
    clients.connect(back)
    clients.register(back, "t", UNDEFINED, client("p"))
    assert not back.reconnected
    assert not clients.services[CHAT]


def test_of_whom_nothing_stands_by():
    clients = Clients()
    clients.stand_by(connect(clients, "t"), 0.0)
    assert not clients.pending
    left = registered(clients, "t", "p")
    clients.forget(left)
    clients.stand_by(left, 0.0)
    old = registered(clients, "t", "q")
    registered(clients, "t", "q")
    assert clients.stand_by(old, 0.0) == 0, "a replaced connection's end is not its client's"
    assert len(clients.standby) == 0
    assert list(clients.registered) == ["q"]
