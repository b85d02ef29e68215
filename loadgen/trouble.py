"""What goes wrong for a client, each under its own plain name: the keys of `errors` in reports. Pure."""

from __future__ import annotations

import errno
import ssl

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
NO_CONNECTION = "silent: no TCP connection in time"
NO_UPGRADE = "silent: no WebSocket upgrade in time"
SILENT = (NO_CONNECTION, NO_UPGRADE)
"""By the phase of a connect in which the server says nothing more."""
NOT_WEBSOCKET = "not a WebSocket server"
NO_UPGRADE_HEADER = "upgrade answered without its Upgrade and Connection headers"
WRONG_ACCEPT = "upgrade answered with a wrong accept key"
UPGRADE_TOO_LONG = "upgrade answer over 8 KiB"
UNASKED_EXTENSION = "upgrade answered with an extension that was not asked for"
UNASKED_PROTOCOL = "upgrade answered with a subprotocol that was not asked for"
NO_SUBPROTOCOL = "upgrade answered without the subprotocol"
BAD_CERTIFICATE = "certificate not trusted"
BROKEN_TLS = "broken TLS"

# Before the client is registered.
NOTHING = ""
NO_HANDSHAKE = "silent: no handshake in time"
NO_REGISTRATION = "silent: registration not answered in time"
REGISTRATION_REFUSED = "registration refused"

# At any time.
DROPPED = "dropped without a close frame"
RESET = "connection reset"
CUT = "cut off by us"
NONSENSE = "nonsense: not a packet"
BINARY = "nonsense: binary message"
TOO_LARGE = "message over 4 MiB"

# Frames that RFC 6455 forbids.
MASKED_FRAME = "masked frame from the server"
RESERVED_BITS = "frame with reserved bits set"
UNKNOWN_OPCODE = "frame of an unknown opcode"
BAD_CONTROL = "control frame in fragments or over 125 bytes"
OUT_OF_TURN = "fragment out of turn"
ENDLESS_FRAGMENTS = "fragments without end"
BAD_CLOSE = "close frame with an invalid code"
INVALID_UTF8 = "text that is not UTF-8"

# Of several workers one is no more.
WORKER_LOST = "lost with its worker"

# What registered clients ask for.
LIST_REFUSED = "list refused"
COMPONENT_REFUSED = "service or actor refused"
VPN_REFUSED = "VPN refused"
VPN_UNASKED = "VPN offered that nobody had asked for"
NOBODY = "message not sent: its client was not there"
NO_PARTNER = "VPN not asked for: its clients were not both registered"
NO_LINE = "message not sent: no VPN was open"
NOT_AWAY = "not come back: it had not gone as planned"
NO_GOODBYE = "goodbye not answered"
FORGOTTEN = "came back in time, and its profiles were not kept"
BAD_HTTP = "not a whole HTTP answer"

_THINGS = {
    Operation.PING: "ping",
    Operation.SLOW_PING: "ping",
    Operation.DISCOVERY: "discovery",
    Operation.VPN: "request for a VPN",
    Operation.SERVICE: "registration of a service",
    Operation.ACTOR: "registration of an actor",
    Operation.RECONNECT: "return",
}
LOST = {one: f"{_THINGS.get(one, 'message')} lost with its connection" for one in Operation}
UNANSWERED = {one: f"{_THINGS.get(one, 'message')} not answered" for one in Operation}
NOT_SENT = "answer to no message of this connection"

# Told, but no fault by itself: the connect took a second longer, and stands.
SYN_AGAIN = "SYN sent again: lost, or the listen queue was full"
VPN_SILENT = "VPN ended by the server after a minute of silence"
NOTES = {SYN_AGAIN, VPN_SILENT}

_BY_ERRNO = {
    errno.ECONNREFUSED: CONNECTION_REFUSED,
    errno.ECONNRESET: RESET,
    errno.EPIPE: RESET,
    errno.EHOSTUNREACH: UNREACHABLE,
    errno.ENETUNREACH: UNREACHABLE,
    errno.ETIMEDOUT: NO_CONNECTION,
    errno.EMFILE: NO_DESCRIPTOR,
    errno.ENFILE: NO_DESCRIPTOR,
    errno.EADDRNOTAVAIL: NO_PORT,
    errno.ENOBUFS: NO_MEMORY,
    errno.ENOMEM: NO_MEMORY,
}


def of_os_error(error: OSError) -> str:
    """The kind of an error of the operating system."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return BAD_CERTIFICATE
    if isinstance(error, ssl.SSLEOFError):
        return DROPPED
    if isinstance(error, ssl.SSLError):
        return BROKEN_TLS
    code = error.errno or 0
    return _BY_ERRNO.get(code) or f"connection failed: {errno.errorcode.get(code, type(error).__name__)}"


def http_status(status: int) -> str:
    """An HTTP answer that is not 200."""
    return f"answered with HTTP {status}"


def upgrade_refused(status: int) -> str:
    """An HTTP answer other than 101."""
    return f"upgrade refused with HTTP {status}"


def of_vpn(kind: str) -> str:
    """What happened to a VPN's own WebSocket."""
    return f"VPN: {kind}"


def of_discovery(kind: str) -> str:
    """What happened to the HTTP connection of a discovery."""
    return f"discovery: {kind}"


def closed(code: int) -> str:
    """A close frame from the server."""
    return f"closed by the server with {code}"


def is_closed(kind: str | None) -> bool:
    """Whether it is one, whatever its code."""
    return kind is not None and kind.startswith(closed(0).removesuffix("0"))
