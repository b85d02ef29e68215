"""On a fresh server only the first client registers; others within 50 ms of it are refused for good.

The real server makes its memory without a lock: clients that come at once end up in memories that nobody
keeps. After one registration alone, none is refused. A server is fresh when it takes the habit up.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.answers import Answer
    from cloudserver.standin.clients import Clients, Connection
    from cloudserver.standin.state import Standin

_RACE = 0.05
"""Seconds that the first registration takes, in which others lose."""


def take_up(standin: Standin) -> None:
    """Lose whoever registers during the first registration; the next step refuses whom it does not know."""
    process = standin.process
    race_ends: float | None = None

    def race(clients: Clients, connection: Connection, text: str) -> Answer:
        nonlocal race_ends
        now = time.monotonic()
        if race_ends is None:
            race_ends = now + _RACE
        elif now < race_ends and connection.identity is None:
            clients.pending.pop(connection.temporary, None)
        return process(clients, connection, text)

    standin.process = race
