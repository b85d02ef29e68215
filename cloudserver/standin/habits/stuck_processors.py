"""No packet is processed any more; handshakes, pongs and GET /fermat/api/user still answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudserver.standin.answers import Answer

if TYPE_CHECKING:
    from cloudserver.standin.clients import Clients, Connection
    from cloudserver.standin.state import Standin


def take_up(standin: Standin) -> None:
    """Swallow every text message."""
    standin.process = _swallow


def _swallow(_clients: Clients, _connection: Connection, _text: str) -> Answer:
    return Answer(log=[])
