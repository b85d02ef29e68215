"""Who holds the lock of a server that has ended: its heirs, such as a helper that its script left behind.

An heir may be a helper, or the real server behind a wrapper that did not ``exec``. To start beside it might
give two servers, and to wait for its end none. So before a new server starts, nothing of the old one stays,
as with systemd; only a helper that has closed the lock's descriptor is not known and stays.
"""

from __future__ import annotations

import psutil
import structlog

from fermatkit.process import name
from sidecar.core.nouns import Identity
from sidecar.servers.pidfd import send

log = structlog.get_logger("sidecar.servers")


def end(heir: Identity, number: int) -> str:
    """Send an heir this signal, or 0 for none. → who it is, and why it cannot be ended, if it is known."""
    who = f"process {heir.pid} ({_name(heir.pid)})"
    try:
        send(heir, number)
    except ProcessLookupError:
        return who
    except OSError as error:
        return f"{who}, {error.strerror}"
    if number:
        log.warning("heir of the ended server signalled", heir=who, signal=number)
    return who


def _name(pid: int) -> str:
    try:
        return name(pid)
    except (psutil.Error, OSError):
        return "?"
