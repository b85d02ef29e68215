"""Who asks for a VPN gets it offered, and so does the peer (cloud-server.md §5.8). No I/O.

Where the document says nothing, and nothing was seen, the simplest: a profile is passed on as the asking
client sent it, but the remote actor and its service as they are registered; whose main connection is told is
the client that a profile names; and nobody is told anything unless both can be. All unverified.
"""

from __future__ import annotations

from cloudserver.standin import lines
from cloudserver.standin.answers import Answer, Delivery, failure
from cloudserver.standin.clients import Clients, Connection, Rejected
from cloudserver.wire import (
    Packet,
    PacketType,
    Profile,
    UnknownName,
    Unreadable,
    contents,
    gson,
    handshake,
    profiles,
)


def between_services(clients: Clients, connection: Connection, packet: Packet) -> Answer:
    """Answer COMPONENT_CONNECTION_REQUEST.

    There is no refusal: the server tries to read the array as an object to write one, and breaks down.
    """
    pair = profiles.decode_profiles(packet.content)
    try:
        own, remote = pair
        deliveries = _invite(clients, (own, own), (remote, remote))
    except (Rejected, ValueError) as error:
        raise Unreadable(f"Expected BEGIN_OBJECT but was BEGIN_ARRAY ({error})") from None
    return Answer(lines.invited(connection, packet.type), deliveries=deliveries)


def between_actors(clients: Clients, connection: Connection, packet: Packet) -> Answer:
    """Answer DISCOVERY_COMPONENT_CONNECTION_REQUEST; the log then has the whole content (§5.8)."""
    try:
        request = contents.decode(contents.DiscoveryConnection, packet.content)
        actor, service, remote = (
            profiles.decode_profile(text)
            for text in (request.applicant, request.applicant_service, request.remote)
        )
        found = _find(clients, remote, service)
        deliveries = _invite(clients, (actor, service), found)
    except (Rejected, UnknownName) as error:
        reason = f"Failure in component connection: {error}"
        return failure(PacketType.FAILURE_COMPONENT_CONNECTION_REQUEST, packet, reason)
    log = [*lines.invited(connection, packet.type), *lines.note(f"content = {packet.content}")]
    return Answer(log, deliveries=deliveries)


def _find(clients: Clients, wanted: Profile, service: Profile) -> tuple[Profile, Profile]:
    """The remote actor, by key and type, and its client's service of the type asked for."""
    kind = wanted.platform_component_type
    actor = clients.others.get(kind, {}).get(wanted.identity_public_key or "") if kind else None
    if actor is None:
        raise Rejected("the remote participant is not registered")
    client = actor.communication_cloud_client_identity
    services = clients.services.get(service.network_service_type, {}) if service.network_service_type else {}
    for one in clients.components_of(client or ""):
        if one.identity_public_key in services and services[one.identity_public_key] is one:
            return actor, one
    raise Rejected("the remote participant has no such network service")


def _invite(
    clients: Clients, own: tuple[Profile, Profile], remote: tuple[Profile, Profile]
) -> tuple[Delivery, ...]:
    """COMPONENT_CONNECTION_RESPOND for both; each end is its component and its service."""
    return (_respond(clients, own, remote), _respond(clients, remote, own))


def _respond(clients: Clients, own: tuple[Profile, Profile], other: tuple[Profile, Profile]) -> Delivery:
    client = own[0].communication_cloud_client_identity or ""
    connection = clients.registered.get(client)
    if connection is None:
        raise Rejected(f"client {client} is not connected")
    content = contents.ConnectionRespond(
        handshake.VPN_PATH,
        clients.vpn_key,
        gson.write(own[0]),
        gson.write(other[0]),
        gson.write(other[1]),
    )
    return Delivery(connection, PacketType.COMPONENT_CONNECTION_RESPOND, contents.encode(content))
