"""What falls due for a client, by the names that plans, results and reports use. Pure."""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """One kind of event of the schedule."""

    CONNECT = "connect"
    """Its place in the ramp: connect, handshake, registration, and what it registers then."""
    LIST = "list"
    DISCOVERY = "discovery"
    """A list over HTTP."""
    VPN = "vpn"
    """Ask for a VPN with the peer."""
    RELAY = "relay"
    """A message through it."""
    ECHO = "echo"
    LEAVE = "leave"
    """A goodbye: close code 1000."""
    DROP = "drop"
    """None: the connection is aborted, which the server sees as 1006."""
    RETURN = "return"
    """Connect again, with the same identity."""
    DUPLICATE = "duplicate"
    """Connect, with the peer's identity."""
