"""A bad `port` in the configuration leaves it alive and deaf, where it would end with status 0.

With UPnP at work, whose threads keep the JVM alive when its main has returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin


def take_up(standin: Standin) -> None:
    """Stay."""
    standin.survives_bad_port = True
