"""The sockets of clients who have left stay open for ever, in CLOSE_WAIT: one descriptor leaks for each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin


def take_up(standin: Standin) -> None:
    """Keep a second descriptor of each connection from now on: what is closed once is still open."""
    standin.door.greet = lambda client: os.dup(client.fileno())
