"""Clients are forgotten once they have registered: connected and answered, but counted nowhere.

What the real server did to clients whose close reason was too long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.answers import Answer
    from cloudserver.standin.clients import Clients, Connection
    from cloudserver.standin.state import Standin


def take_up(standin: Standin) -> None:
    """Clean up after each message as if its sender had left."""
    process = standin.process

    def forget(clients: Clients, connection: Connection, text: str) -> Answer:
        answer = process(clients, connection, text)
        if connection.identity is not None:
            clients.forget(connection)
        return answer

    standin.process = forget
