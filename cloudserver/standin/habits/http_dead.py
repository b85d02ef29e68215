"""No request over HTTP is answered any more, for good; sessions are served on.

A part of what a real server with its heap exhausted does: HTTP dead, and dead after its clients had left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin


def take_up(standin: Standin) -> None:
    """Let requests to `/fermat/api/` wait for ever."""
    standin.http_dead = True
