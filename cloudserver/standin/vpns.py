"""The relay's memory: which ends of VPNs are there, and whom a message is for (cloud-server.md §5.9). No I/O.

Seen was none of it (real-cloud-server.md §4): this is what the source says. Anybody may open a VPN of any two
keys, whether it was offered or not.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from cloudserver.standin import lines
from cloudserver.wire import (
    Incomplete,
    NetworkServiceType,
    Packet,
    PacketType,
    contents,
    envelope,
    handshake,
    profiles,
)

_Key = tuple[NetworkServiceType, str, str]


class End:
    """One open VPN socket: whose it is, to whom, and when it was last heard (seconds, monotonic)."""

    __slots__ = ("applicant", "client", "client_key", "left", "own", "remote", "seen", "service")

    def __init__(self, header: str, seen: float) -> None:
        """`header` is the upgrade's `tmp-i`; `WireError` if it does not say enough."""
        said = handshake.decode_vpn(header)
        profile = profiles.decode_profile(said.applicant)
        if profile.identity_public_key is None:
            raise Incomplete("applicant: no identityPublicKey")
        self.service = said.service
        self.own = profile.identity_public_key
        self.remote = said.remote
        self.client_key = said.client_key
        self.client = profile.communication_cloud_client_identity or ""
        """The client whose main connection hears that both ends are there."""
        self.applicant = said.applicant
        self.seen = seen
        self.left = False


class Relayed(NamedTuple):
    """What follows from a message on a VPN."""

    log: list[str]
    to: End | None = None
    """None if nobody gets it: the peer is not there, which nobody is told, or it is not a message."""
    text: str = ""


class Vpns:
    """All open ends, by service and the two keys; the server has one map for each service."""

    def __init__(self) -> None:
        self._ends: dict[_Key, End] = {}

    def join(self, end: End) -> End | None:
        """Take an end in; the other one, if that is there already."""
        self._ends[end.service, end.own, end.remote] = end
        return self._ends.get((end.service, end.remote, end.own))

    def leave(self, end: End) -> End | None:
        """Clean up after an end, by its keys (H3); the other one, if that is there. Twice is as once."""
        if end.left:
            return None
        end.left = True
        self._ends.pop((end.service, end.own, end.remote), None)
        return self._ends.get((end.service, end.remote, end.own))

    def counts(self) -> dict[NetworkServiceType, int]:
        """Open ends of each service: a whole VPN is two (§2.4)."""
        return Counter(service for service, _, _ in self._ends)

    def relay(self, end: End, text: str, server_key: str, new_id: str) -> Relayed:
        """Find out whom a text message of `end` is for, and what that end gets.

        A message goes by the keys in it and the service of the socket it came on. The new envelope's
        destination is the sender's own key, which is a bug of the server's. A `WireError` is an exception
        in the server.
        """
        packet = envelope.decode(text)
        if packet.type is not PacketType.MESSAGE_TRANSMIT:
            return Relayed(lines.note(f"no processor for {packet.type}"))
        message = contents.decode(contents.FermatMessage, packet.content)
        peer = self._ends.get((end.service, message.receiver, message.sender))
        if peer is None:
            return Relayed(lines.vpn_message(end.own))
        content = contents.encode(message)
        rebuilt = Packet(new_id, server_key, end.client_key, PacketType.MESSAGE_TRANSMIT, content)
        return Relayed(lines.vpn_message(end.own), peer, envelope.encode(rebuilt))


def completed(end: End, other: End) -> str:
    """Content of COMPLETE_COMPONENT_CONNECTION_REQUEST for the client of `end`.

    The profiles are those of the upgrades; whether the real server says profiles here is unverified.
    """
    return contents.encode(contents.ConnectionComplete(other.applicant, end.applicant, end.service))
