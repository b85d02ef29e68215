"""Discovery over HTTP, the real client's main way to find others (cloud-server.md §2.2, §5.6).

POST `form(…)` as `FORM` to `PATH`, with ``Connection: Close``, and hand the body of the answer to `read`.
"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from cloudserver.client.events import Listed, ListRefused
from cloudserver.wire import ComponentType, DiscoveryParameters, NetworkServiceType, gson, profiles

PATH = "/fermat/api/components/registered"
FORM = "application/x-www-form-urlencoded"
"""The request's content type."""


class _Answer(msgspec.Struct, frozen=True):
    """One of the two is there."""

    profiles: str | None = msgspec.field(name="rl", default=None)
    failure: str | None = msgspec.field(name="f", default=None)


_answer = msgspec.json.Decoder(_Answer)


def services(kind: NetworkServiceType) -> DiscoveryParameters:
    """Ask for all network services of a type; the server gives the first 100."""
    return DiscoveryParameters(
        platform_component_type=ComponentType.NETWORK_SERVICE, network_service_type=kind
    )


def actors(kind: ComponentType, owner: NetworkServiceType) -> DiscoveryParameters:
    """Ask for all actors of a type; the server gives the first 100, with their photos."""
    return DiscoveryParameters(platform_component_type=kind, network_service_type=owner)


def form(requester: str, question: DiscoveryParameters) -> bytes:
    """The request's body. `requester` is the client's permanent key: its own profiles are left out."""
    return urlencode({"i": requester, "dp": gson.write(question)}).encode()


def read(body: bytes) -> Listed | ListRefused:
    """What the answer means; `WireError` if it is none of the server's."""
    answer = gson.read(_answer, body, "discovery")
    if answer.profiles is None:
        return ListRefused(answer.failure or body.decode())
    return Listed(profiles.decode_profiles(answer.profiles))
