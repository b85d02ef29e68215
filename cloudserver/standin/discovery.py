"""Which profiles a list request gets (cloud-server.md §5.6), bugs included. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import acos, cos, radians, sin

from cloudserver.standin.clients import Clients, Profiles
from cloudserver.wire import DiscoveryParameters, Location, Profile

MOST = 100
"""Profiles in one answer, unless both `offset` and `max` say otherwise."""
_EARTH_KM = 6371.0


class NotAvailable(Exception):
    """The server has no answer to this question."""


def search(clients: Clients, requester: str, question: DiscoveryParameters) -> list[Profile]:
    """Answer a question; never with a profile of the requester's own client."""
    component, service = question.platform_component_type, question.network_service_type
    if component is None:
        raise NotAvailable("no component type")
    candidates = clients.profiles(component, service)
    if question.from_other_platform_component_type is not None:
        found = _of_same_client(clients, question, candidates)
    elif _asks_in_vain(candidates, requester, question):
        return []
    else:
        found = _matching(candidates.values(), requester, question)
    return _page(_near(found, question), question)


def _of_same_client(clients: Clients, question: DiscoveryParameters, wanted: Profiles) -> list[Profile]:
    """Find who of the other type has the identity asked for, then what its client has of the wanted type."""
    component = question.from_other_platform_component_type
    assert component is not None  # noqa: S101 - the caller looked
    other = clients.profiles(component, question.from_other_network_service_type)
    found = other.get(question.identity_public_key or "")
    if found is None:
        return []
    client = found.communication_cloud_client_identity
    return [profile for profile in wanted.values() if profile.communication_cloud_client_identity == client]


def _asks_in_vain(candidates: Profiles, requester: str, question: DiscoveryParameters) -> bool:
    """Tell without a scan that the only filter is an identity which nobody else has.

    Not of the real server, which scans; but thousands of load clients ask for themselves, again and again.
    """
    if (
        question.identity_public_key is None
        or (question.alias, question.name, question.extra_data) != (None,) * 3
    ):
        return False
    profile = candidates.get(question.identity_public_key)
    return profile is None or profile.communication_cloud_client_identity == requester


def _matching(candidates: Iterable[Profile], requester: str, question: DiscoveryParameters) -> list[Profile]:
    """Filter as the server does: its counter of matches is never reset between candidates.

    So one filter gives the first match and everything after it up to the next match.
    """
    texts = (question.alias, question.name, question.extra_data)
    asked = sum(wanted is not None for wanted in (question.identity_public_key, *texts))
    matched = 0
    found = []
    for profile in candidates:
        if profile.communication_cloud_client_identity == requester:
            continue
        has = (profile.alias, profile.name, profile.extra_data)
        matched += bool(question.identity_public_key) and (
            question.identity_public_key == profile.identity_public_key
        )
        matched += sum(_contains(wanted, value) for wanted, value in zip(texts, has, strict=True))
        if matched == asked:
            found.append(profile)
    return found


def _contains(wanted: str | None, value: str | None) -> bool:
    """Tell whether the *question* contains the profile's value; an empty question never does."""
    return bool(wanted and value is not None and value.lower() in wanted.lower())


def _near(found: list[Profile], question: DiscoveryParameters) -> list[Profile]:
    """Keep what is near, nearest first; of two at the very same distance one is left."""
    here = question.location
    if here is None or not here.latitude or not here.longitude:
        return found
    if question.distance is None:
        raise NotAvailable("a place without a distance")
    by_distance = {_distance(here, profile.location): profile for profile in found if profile.location}
    return [by_distance[km] for km in sorted(by_distance) if km <= question.distance]


def _distance(here: Location, there: Location) -> float:
    """Kilometres between two places, by the spherical law of cosines."""
    latitude, other = radians(here.latitude), radians(there.latitude)
    angle = sin(latitude) * sin(other) + cos(latitude) * cos(other) * cos(
        radians(there.longitude) - radians(here.longitude)  # in this order none can overflow
    )
    return acos(max(-1.0, min(1.0, angle))) * _EARTH_KM


def _page(found: list[Profile], question: DiscoveryParameters) -> list[Profile]:
    """Cut out a page. `max` is where it ends, not how long it is."""
    start, end = question.offset, question.max
    if not start or not end:
        return found[:MOST]
    if len(found) <= max(start, end):
        end = MOST
        if len(found) <= MOST:
            return found
    if not 0 <= start <= end:
        raise NotAvailable("offset beyond the end")
    return found[start:end]
