"""It listens but accepts nobody: 51 connects succeed and fill the queue, then none does; sessions go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin


def take_up(standin: Standin) -> None:
    """Leave everybody waiting."""
    standin.door.accepting = False
