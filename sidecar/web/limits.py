"""How often one client may do something, without a memory that clients could fill."""

from __future__ import annotations

import socket

Client = str | bytes
_MOST = 1024
"""Clients that are remembered; one more takes the place of the one that has been quiet longest."""
_NETWORK = 8
"""Bytes of an IPv6 address that are one client's: it chooses the others itself (RFC 6177)."""


def client(address: str | None) -> Client:
    """Who is meant by an address: an IPv4 address, or an IPv6 network."""
    if not address or ":" not in address:
        return address or ""
    return socket.inet_pton(socket.AF_INET6, address.partition("%")[0])[:_NETWORK]


class Limit:
    """So many acts at once, and then one in each `interval` seconds; moments are monotonic seconds."""

    def __init__(self, burst: int, interval: float) -> None:
        self._interval = interval
        self._ahead = (burst - 1) * interval
        self._free: dict[Client, float] = {}
        """When each client will have everything again; the quietest first."""

    def wait(self, who: Client, now: float) -> float:
        """Seconds until this client may act again; 0 when it may now."""
        return max(0.0, self._free.get(who, now) - now - self._ahead)

    def spend(self, who: Client, now: float) -> None:
        """It has acted."""
        free = max(now, self._free.pop(who, now)) + self._interval
        if len(self._free) >= _MOST:
            del self._free[next(iter(self._free))]
        self._free[who] = free
