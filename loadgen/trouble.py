"""What goes wrong for a client, each under its own plain name: the keys of `errors` in reports. Pure."""

from __future__ import annotations

import errno

from loadgen.tally import Operation


class Trouble(Exception):
    """The end of a client that did not leave by itself; the text is the kind."""


# Ours: the machine we run on, not the server, said no. A run with one of these proves nothing.
NO_DESCRIPTOR = "no file descriptor left on this machine"
NO_PORT = "no local port left on this machine"
NO_MEMORY = "no socket memory left on this machine"
OWN_LIMITS = {NO_DESCRIPTOR, NO_PORT, NO_MEMORY}

# Before there is a WebSocket.
CONNECTION_REFUSED = "connection refused"
UNREACHABLE = "host unreachable"
UNKNOWN_HOST = "unknown host"
NOT_STARTED = "not started in time: too many connects pending"
NO_UPGRADE = "silent: no WebSocket upgrade in time"
NOT_WEBSOCKET = "not a WebSocket server"

# Before the client is registered.
NO_HANDSHAKE = "silent: no handshake in time"
NO_REGISTRATION = "silent: registration not answered in time"
REGISTRATION_REFUSED = "registration refused"

# At any time.
DROPPED = "dropped without a close frame"
RESET = "connection reset"
NONSENSE = "nonsense: not a packet"
BINARY = "nonsense: binary message"
TOO_LARGE = "message over 4 MiB"
BROKEN_FRAME = "broken WebSocket frame"

# Messages and pings.
LIST_REFUSED = "list refused"
NOBODY = "message not sent: no client registered"
LOST = {
    Operation.LIST: "message lost with its connection",
    Operation.PING: "ping lost with its connection",
}
UNANSWERED = {Operation.LIST: "message not answered", Operation.PING: "ping not answered"}

_BY_ERRNO = {
    errno.ECONNREFUSED: CONNECTION_REFUSED,
    errno.ECONNRESET: RESET,
    errno.EPIPE: RESET,
    errno.EHOSTUNREACH: UNREACHABLE,
    errno.ENETUNREACH: UNREACHABLE,
    errno.ETIMEDOUT: NO_UPGRADE,
    errno.EMFILE: NO_DESCRIPTOR,
    errno.ENFILE: NO_DESCRIPTOR,
    errno.EADDRNOTAVAIL: NO_PORT,
    errno.ENOBUFS: NO_MEMORY,
    errno.ENOMEM: NO_MEMORY,
}


def of_os_error(error: OSError) -> str:
    """The kind of an error of the operating system."""
    code = error.errno or 0
    return _BY_ERRNO.get(code) or f"connection failed: {errno.errorcode.get(code, type(error).__name__)}"


def upgrade_refused(status: int) -> str:
    """An HTTP answer other than 101."""
    return f"upgrade refused with HTTP {status}"


def closed(code: int) -> str:
    """A close frame from the server."""
    return f"closed by the server with {code}"
