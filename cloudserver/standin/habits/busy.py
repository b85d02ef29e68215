"""A full collection: `GC Thread#0` burns a core while nothing answers, for 15 s; then all is well again.

Another length, in seconds, by the environment: STANDIN_BUSY_SECONDS.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from typing import TYPE_CHECKING

from cloudserver.standin import threads

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin


def take_up(_standin: Standin) -> None:
    """Stop the world in the loop's next turn."""
    asyncio.get_running_loop().call_soon(_stop_the_world)


def _stop_the_world() -> None:
    until = time.monotonic() + float(os.environ.get("STANDIN_BUSY_SECONDS", "15"))
    threads.start("GC Thread#0", lambda: _burn(until)).join()


def _burn(until: float) -> None:
    while time.monotonic() < until:
        hashlib.pbkdf2_hmac("sha256", b"", b"", 50_000)  # without Python's lock: a core of its own
