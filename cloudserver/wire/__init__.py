"""The Cloud Server's wire format: encode and decode, pure. Broken input is a `WireError`, never another."""

from cloudserver.wire.envelope import MAX_CHARS, Packet
from cloudserver.wire.errors import Incomplete, UnknownName, Unreadable, WireError
from cloudserver.wire.names import ComponentType, NetworkServiceType, PacketType
from cloudserver.wire.profiles import DiscoveryParameters, Location, Profile

__all__ = [
    "MAX_CHARS",
    "ComponentType",
    "DiscoveryParameters",
    "Incomplete",
    "Location",
    "NetworkServiceType",
    "Packet",
    "PacketType",
    "Profile",
    "UnknownName",
    "Unreadable",
    "WireError",
]
