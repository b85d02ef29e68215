"""The start never ends: alive, state S, and its port is never opened. Once started, the same as `blocked`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin


def take_up(_standin: Standin) -> None:
    """Never return."""
    while True:
        time.sleep(3600)
