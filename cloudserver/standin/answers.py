"""What follows from one text message on a main connection: a reply, packets for others, lines for the log."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from cloudserver.standin import lines
from cloudserver.standin.clients import Connection
from cloudserver.wire import Packet, PacketType


class Delivery(NamedTuple):
    """A packet for a client on its main connection, from that connection's server key."""

    to: Connection
    kind: PacketType
    content: str


class Answer(NamedTuple):
    """What follows from a message."""

    log: list[str]
    reply: tuple[PacketType, str] | None = None
    """Type and content; it goes to the message's `sender`, from this connection's server key."""
    destination: str = ""
    replaced: Connection | None = None
    """An older connection of the same identity, to be closed with 1000."""
    deliveries: tuple[Delivery, ...] = ()


def failure(kind: PacketType, packet: Packet, reason: str, applicant_service: str | None = None) -> Answer:
    """Refuse: the original content and the reason; for a list, the service's name once more."""
    content = msgspec.json.decode(packet.content, type=dict[str, object])
    if applicant_service is not None:
        content["a-ns-vpn"] = applicant_service
    content["f-vpn-m"] = reason
    return Answer(lines.note(reason), (kind, msgspec.json.encode(content).decode()))
