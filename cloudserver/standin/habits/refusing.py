"""Every registration is refused, and a session that asks for anything is closed with 1011; HTTP answers.

What the real server's race on a cold start did to the first clients, but for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudserver.standin import processors
from cloudserver.standin.clients import Rejected
from cloudserver.wire import PacketType, WireError, envelope

if TYPE_CHECKING:
    from cloudserver.standin.answers import Answer
    from cloudserver.standin.clients import Clients, Connection
    from cloudserver.standin.state import Standin


def take_up(standin: Standin) -> None:
    """Refuse."""
    standin.process = _refuse


def _refuse(_clients: Clients, _connection: Connection, text: str) -> Answer:
    packet = envelope.decode(text)
    if packet.type is not PacketType.COMPONENT_REGISTRATION_REQUEST:
        raise WireError("java.lang.NullPointerException")
    return processors.refuse(packet, Rejected("Forbidden connection, the server refuses everybody"))._replace(
        destination=packet.sender
    )
