"""The loop sleeps for ever: alive, state S, TCP connects, nothing answers; SIGTERM still ends it.

Python runs a signal's handler in the middle of the sleep, as a deadlocked JVM still obeys SIGTERM.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin


def take_up(_standin: Standin) -> None:
    """Take hold of the loop's next turn for good."""
    asyncio.get_running_loop().call_soon(_sleep)


def _sleep() -> None:
    while True:
        time.sleep(3600)
