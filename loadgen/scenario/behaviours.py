"""What a client does: one struct for each `do` of ``[[mix]]``, with its few parameters.

All but `Echo` speak the Cloud Server's protocol. The stages' messages are shared among the senders evenly;
with a `think` a client has its own pace instead, and takes no part in them.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from loadgen.scenario.headers import Headers, Subprotocol
from loadgen.scenario.spans import Pause, Size, Span, counts, sizes

_POSITIVE = msgspec.Meta(gt=0, le=1_000_000, description="a number above 0")
Weight = Annotated[float, _POSITIVE]
Services = Annotated[Span, counts(0, 15)]
"""A full phone has about 15 (cloud-server.md §5.4)."""
Code = Literal[1000, 1006]
"""Of the end: 1000 a goodbye, 1006 none, the connection is just gone."""


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """What all have."""

    sends: ClassVar[bool] = False
    """Whether the stages' messages are for such clients to send."""
    weight: Weight = 1.0
    """Its part of the clients, beside the other weights."""


class Cloud(Behaviour, frozen=True, kw_only=True):
    """A Cloud Client: handshake, registration, pings, and 1000 at the end."""

    services: Services = Span(0, 0)
    """Network services that it registers, one after the other (cloud-server.md §5.4)."""
    pings: Annotated[int, msgspec.Meta(ge=0, le=17)] = 1
    """Each period. The real client sends one for each entry of its service map, 17 (cloud-server.md §3)."""


class Sender(Cloud, frozen=True, kw_only=True):
    """A Cloud Client that has something to say."""

    sends: ClassVar[bool] = True
    think: Pause | None = None
    """Between two of its messages, whether answered or not."""


class Listener(Cloud, frozen=True, kw_only=True, tag_field="do", tag="listener"):
    """Is registered, and silent."""


class Lister(Sender, frozen=True, kw_only=True, tag_field="do", tag="lister"):
    """Asks for lists on its WebSocket (cloud-server.md §5.6)."""


class Discoverer(Sender, frozen=True, kw_only=True, tag_field="do", tag="discoverer"):
    """Asks for lists over HTTP, each on a new connection, as the real client does (cloud-server.md §5.6)."""


class Pair(Sender, frozen=True, kw_only=True, tag_field="do", tag="pair"):
    """Asks for a VPN with its partner; both send messages through the relay (cloud-server.md §5.8, 5.9)."""

    services: Services = Span(1, 1)
    partners: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    """With more than one, the first of the group has a VPN with each, and sends each message to all."""
    size: Size = Span(128, 128)
    """Characters of a message; above 1,000 the client sends fragments (cloud-server.md §3)."""
    asks: Pause = Span(1, 1)
    """For the VPN so long after the last of the group fell due to connect."""


class Actor(Cloud, frozen=True, kw_only=True, tag_field="do", tag="actor"):
    """Registers actors with photos (cloud-server.md §5.4)."""

    services: Services = Span(1, 1)
    actors: Annotated[Span, counts(1, 100)] = Span(1, 1)
    photo: Size = Span(20 * 1024, 20 * 1024)
    """Before it is Base64."""


class SlowReader(Sender, frozen=True, kw_only=True, tag_field="do", tag="slow-reader"):
    """Asks for lists like a lister, and takes the answers from its socket in small bites."""

    bite: Annotated[float, msgspec.Meta(ge=1, extra={"unit": "size"})] = 1024
    """At most so much at once …"""
    every: Annotated[float, msgspec.Meta(ge=0.01, le=3600, extra={"unit": "duration"})] = 1.0
    """… once in this time."""


class Leaver(Cloud, frozen=True, kw_only=True, tag_field="do", tag="leaver"):
    """Leaves in the middle of the run, for good."""

    after: Pause = Span(10, 10)
    """From the begin of the first stage."""
    code: Code = 1000


class Returner(Cloud, frozen=True, kw_only=True, tag_field="do", tag="returner"):
    """Goes and comes back: within the 60 s of stand-by or after them (cloud-server.md §5.10)."""

    after: Pause = Span(10, 10)
    """From the begin of the first stage, and from each return to the next going."""
    away: Pause = Span(5, 5)
    times: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    code: Code = 1006


class Duplicate(Cloud, frozen=True, kw_only=True, tag_field="do", tag="duplicate"):
    """Has no place in the ramp: it logs in later, with the identity of a client that is there already."""

    after: Pause = Span(5, 5)
    """From the begin of the first stage."""


class Echo(Behaviour, frozen=True, kw_only=True, tag_field="do", tag="echo"):
    """For any WebSocket server that sends back what it gets."""

    sends: ClassVar[bool] = True
    think: Pause | None = None
    """Between two of its messages, whether answered or not."""
    size: Annotated[Span, sizes(8)] = Span(128, 128)
    """Bytes of a message, the first eight of which are its number."""
    subprotocol: Subprotocol | None = None
    """To ask for."""
    headers: Headers = ()


Known = Listener | Lister | Discoverer | Pair | Actor | SlowReader | Leaver | Returner | Duplicate | Echo
KINDS: dict[str, type[Known]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        *(Listener, Lister, Discoverer, Pair, Actor),
        *(SlowReader, Leaver, Returner, Duplicate, Echo),
    )
}
"""`do` → its struct."""
