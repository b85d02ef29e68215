"""Its heap is full: garbage collections for 15 s, as when busy, and nothing answers any more after them.

Another length, in seconds, by the environment: STANDIN_BUSY_SECONDS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudserver.standin.habits import blocked, busy

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin


def take_up(standin: Standin) -> None:
    """One after the other in the loop's next turn, so that nobody is answered in between."""
    busy.take_up(standin)
    blocked.take_up(standin)
