"""Component profiles, and the question for them (cloud-server.md §4.6): nested in contents as JSON *text*."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from cloudserver.wire import gson
from cloudserver.wire.names import ComponentType, NetworkServiceType


class LocationProvider(StrEnum):
    """Where a location comes from."""

    GPS = "GPS"
    NETWORK = "NETWORK"
    IP_CALCULATED = "IP_CALCULATED"
    UNKNOWN = "UNKNOWN"


class Location(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place: degrees, metres of altitude, `time` in ms since 1970."""

    latitude: float
    longitude: float
    accuracy: int | None = None
    time: int
    altitude: float
    provider: LocationProvider | None = None


class Profile(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What a component tells about itself. Every key may be missing, as in Java."""

    identity_public_key: str | None = None
    alias: str | None = None
    name: str | None = None
    location: Location | None = None
    platform_component_type: ComponentType | None = None
    network_service_type: NetworkServiceType | None = None
    communication_cloud_client_identity: str | None = None
    """The client whose disconnect removes this profile; the server does not check that it is the sender."""
    extra_data: str | None = None
    """Often JSON text with a Base64 photo, tens of kB."""


class DiscoveryParameters(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Which profiles a list request wants (§5.6). `distance` is in km; `max` is an end index, not a count."""

    identity_public_key: str | None = None
    alias: str | None = None
    name: str | None = None
    location: Location | None = None
    distance: float | None = None
    platform_component_type: ComponentType | None = None
    network_service_type: NetworkServiceType | None = None
    extra_data: str | None = None
    offset: int = 0
    max: int = 0
    from_other_platform_component_type: ComponentType | None = None
    from_other_network_service_type: NetworkServiceType | None = None


_profile = msgspec.json.Decoder(Profile)
_profiles = msgspec.json.Decoder(tuple[Profile, ...])
_discovery = msgspec.json.Decoder(DiscoveryParameters)


def decode_profile(text: str | bytes) -> Profile:
    """The profile inside a registration (`pr`) or update (`pu`)."""
    return gson.read(_profile, text, "profile")


def decode_profiles(text: str | bytes) -> tuple[Profile, ...]:
    """The profiles inside a list answer (`rl`), or the pair of a COMPONENT_CONNECTION_REQUEST."""
    return gson.read(_profiles, text, "profile list")


def decode_discovery(text: str | bytes) -> DiscoveryParameters:
    """The question inside a list request (`dp`)."""
    return gson.read(_discovery, text, "discovery parameters")
