"""What a Cloud Client can hear, and how far its conversation is."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from cloudserver.wire import NetworkServiceType, PacketType, Profile
from cloudserver.wire.contents import FermatMessage


class Stage(StrEnum):
    """How far the conversation is."""

    HANDSHAKE = "handshake"
    """The server has to say its key."""
    REGISTRATION = "registration"
    """The client may register."""
    REGISTERED = "registered"
    REFUSED = "refused"
    """The end: a refused client stays refused, however long it waits (real-cloud-server.md, cold burst)."""


class Handshaken(msgspec.Struct, frozen=True):
    """The server said its key for this connection."""

    server_key: str


class Registered(msgspec.Struct, frozen=True):
    """The server knows us; `reconnected` if it had kept our profiles from a connection lost before.

    Then our services and actors are registered, too, and are not to be registered again (§5.10).
    """

    reconnected: bool


class Refused(msgspec.Struct, frozen=True):
    """The server does not want us, in its own words."""

    reason: str


class ComponentRegistered(msgspec.Struct, frozen=True):
    """A network service or an actor of ours is registered: the server says it after us (§5.4)."""

    service: NetworkServiceType
    profile: Profile


class ComponentRefused(msgspec.Struct, frozen=True):
    """A network service or an actor of ours is not registered, in the server's own words."""

    reason: str


class Listed(msgspec.Struct, frozen=True):
    """The answer to a list request."""

    profiles: tuple[Profile, ...]


class ListRefused(msgspec.Struct, frozen=True):
    """No answer to a list request, in the server's own words."""

    reason: str


class VpnOffered(msgspec.Struct, frozen=True):
    """Open a VPN now: the peer, or we ourselves, asked for it (§5.8). `client.vpn.Vpn` takes it from here."""

    path: str
    server_key: str
    """The server's one key for all VPNs; another than that of the main connection."""
    service: NetworkServiceType
    """The peer's, which is ours, too."""
    own: Profile
    """Which of our components this is for."""
    own_key: str
    remote_key: str


class VpnRefused(msgspec.Struct, frozen=True):
    """No VPN, in the server's own words; only to a request between actors (§5.8)."""

    reason: str


class VpnCompleted(msgspec.Struct, frozen=True):
    """Both ends of a VPN are there; said on the main connection (§5.9)."""

    service: NetworkServiceType
    own_key: str
    remote_key: str


class Relayed(msgspec.Struct, frozen=True):
    """A message of the peer's, on a VPN."""

    message: FermatMessage


class Redirected(msgspec.Struct, frozen=True):
    """Another server takes over a service from now on (§5.11)."""

    service: str
    address: str


class Ignored(msgspec.Struct, frozen=True):
    """A known packet that means nothing to this client now."""

    packet_type: PacketType


Event = (
    Handshaken
    | Registered
    | Refused
    | ComponentRegistered
    | ComponentRefused
    | Listed
    | ListRefused
    | VpnOffered
    | VpnRefused
    | VpnCompleted
    | Redirected
    | Ignored
)
