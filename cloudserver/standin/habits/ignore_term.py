"""SIGTERM does nothing: caught, as /proc shows, but without effect; only SIGKILL helps."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin


def take_up(_standin: Standin) -> None:
    """Put an empty handler in place."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
