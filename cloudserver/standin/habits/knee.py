"""It takes in 100 clients and refuses who comes then; by the environment another number, and a noisy one.

STANDIN_KNEE: clients. STANDIN_KNEE_NOISE: the number is drawn anew each time that nobody is left, lognormal
with this deviation (0.1: two of three times within 10 %), by STANDIN_KNEE_SEED.
"""

from __future__ import annotations

import math
import os
import random
from typing import TYPE_CHECKING

from cloudserver.standin import processors
from cloudserver.standin.clients import Rejected
from cloudserver.wire import PacketType, envelope

if TYPE_CHECKING:
    from cloudserver.standin.answers import Answer
    from cloudserver.standin.clients import Clients, Connection
    from cloudserver.standin.state import Standin


def take_up(standin: Standin) -> None:
    """Count who registers."""
    knee = float(os.environ.get("STANDIN_KNEE", "100"))
    noise = float(os.environ.get("STANDIN_KNEE_NOISE", "0"))
    chance = random.Random(int(os.environ.get("STANDIN_KNEE_SEED", "1")))  # noqa: S311 - noise is no secret
    process = standin.process
    most = 0.0

    def take_in(clients: Clients, connection: Connection, text: str) -> Answer:
        nonlocal most
        if not clients.registered:
            most = knee * math.exp(chance.gauss(0.0, noise))
        packet = envelope.decode(text)
        asks = packet.type is PacketType.COMPONENT_REGISTRATION_REQUEST and connection.identity is None
        if asks and len(clients.registered) + 1 > most:
            refused = processors.refuse(packet, Rejected("Forbidden connection, the server is full"))
            return refused._replace(destination=packet.sender)
        return process(clients, connection, text)

    standin.process = take_in
