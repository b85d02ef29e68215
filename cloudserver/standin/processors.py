"""What the server makes of one text message on a main connection. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from cloudserver.standin import invitations, lines
from cloudserver.standin.answers import Answer, failure
from cloudserver.standin.clients import CLIENT, Clients, Connection, Rejected
from cloudserver.standin.discovery import NotAvailable, search
from cloudserver.wire import (
    Packet,
    PacketType,
    Profile,
    UnknownName,
    Unreadable,
    contents,
    envelope,
    gson,
    profiles,
)


def process(clients: Clients, connection: Connection, text: str) -> Answer:
    """Answer one text message. A `WireError` means an exception in the server: close with 1011.

    What is not JSON is dropped, a known type without a processor passed over (seen).
    """
    try:
        packet = envelope.decode(text)
    except Unreadable:
        return Answer(lines.note("BAD ASSEMBLY, message dropped"))
    processor = _PROCESSORS.get(packet.type)
    if processor is None:
        return Answer(lines.note(f"no processor for {packet.type}"))
    return processor(clients, connection, packet)._replace(destination=packet.sender)


def _register(clients: Clients, connection: Connection, packet: Packet) -> Answer:
    try:
        wanted = contents.decode(contents.Registration, packet.content)
        profile = profiles.decode_profile(wanted.profile)
        replaced = clients.register(connection, packet.sender, wanted.service, profile)
    except (Rejected, UnknownName) as error:
        return refuse(packet, error)
    reply = _registered(connection, wanted, profile)
    if profile.platform_component_type is CLIENT:
        log = lines.registered_client(connection, reply[0])
    else:
        log = lines.registered_component(connection, str(profile.platform_component_type))
    return Answer(log, reply, replaced=replaced)


def _registered(
    connection: Connection, wanted: contents.Registration, profile: Profile
) -> tuple[PacketType, str]:
    """Say after the client what it registered; or, in words that are not JSON, that it is back (§5.10)."""
    if profile.platform_component_type is CLIENT and connection.reconnected:
        return PacketType.CLIENT_CONNECTION_SUCCESSFULLY_RECONNECT, contents.RECONNECTED
    echo = contents.Registration(wanted.service, wanted.profile)
    return PacketType.COMPLETE_COMPONENT_REGISTRATION, contents.encode(echo)


def refuse(packet: Packet, why: Exception) -> Answer:
    """Answer a registration with its failure."""
    reason = f"failure in registration component: {why}"
    return failure(PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST, packet, reason)


def _update_actor(clients: Clients, connection: Connection, packet: Packet) -> Answer:
    try:
        wanted = contents.decode(contents.ActorUpdate, packet.content)
        clients.update(profiles.decode_profile(wanted.profile))
    except (Rejected, UnknownName) as error:
        return failure(PacketType.FAILURE_UPDATE_ACTOR_REQUEST, packet, f"failure in update actor: {error}")
    reply = contents.encode(contents.ActorUpdate(wanted.service, wanted.profile))
    return Answer(lines.note(f"actor updated by {connection.key}"), (PacketType.COMPLETE_UPDATE_ACTOR, reply))


def _list(clients: Clients, connection: Connection, packet: Packet) -> Answer:
    request = contents.decode(contents.ListRequest, packet.content)
    try:
        question = profiles.decode_discovery(request.discovery)
        found = search(clients, packet.sender, question)
    except (NotAvailable, UnknownName) as error:
        return failure(
            PacketType.FAILURE_REQUESTED_LIST_NOT_AVAILABLE,
            packet,
            f"requested list is not available: {error}",
            applicant_service=request.service,
        )
    answer = contents.ListAnswer(
        question.platform_component_type, question.network_service_type, gson.write(found)
    )
    reply = contents.encode(answer)
    return Answer(lines.listed(connection, len(found)), (PacketType.REQUEST_LIST_COMPONENT_REGISTERED, reply))


_PROCESSORS: dict[PacketType, Callable[[Clients, Connection, Packet], Answer]] = {
    PacketType.COMPONENT_REGISTRATION_REQUEST: _register,
    PacketType.UPDATE_ACTOR_REQUEST: _update_actor,
    PacketType.REQUEST_LIST_COMPONENT_REGISTERED: _list,
    PacketType.COMPONENT_CONNECTION_REQUEST: invitations.between_services,
    PacketType.DISCOVERY_COMPONENT_CONNECTION_REQUEST: invitations.between_actors,
}
