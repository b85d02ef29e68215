"""What a client registers beside itself: network services and actors, one after the other (§5.4)."""

from __future__ import annotations

from time import monotonic

from cloudserver.session import Registered
from loadgen import trouble
from loadgen.roles.client import Client, Context, to_register
from loadgen.tally import Operation

STANDBY = 60.0
"""Seconds for which the server keeps the profiles of a lost client (§5.10)."""


def begin(context: Context, client: Client, event: Registered, away: float) -> None:
    """The client is registered, after so many seconds away. What the server kept is there already (§5.10)."""
    again = client.connection.operation is Operation.RECONNECT
    if event.reconnected or not client.graceful:
        if again and not event.reconnected and away < STANDBY - 1:
            context.books.error(trouble.FORGOTTEN)
        return
    if client.part.services or client.part.photos:
        client.todo = to_register(client)
        go_on(client)


def go_on(client: Client) -> None:
    """Register the next one, if there is one."""
    if client.todo:
        operation, kind, profile = client.todo.popleft()
        client.connection.register(operation, kind, profile, monotonic())
    else:
        client.todo = None
