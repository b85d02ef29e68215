"""What `Packet.content` holds, one struct for each kind of content the server reads or writes (§5).

Fields of type `str` that carry a profile, a list or a question hold its JSON text: `profiles` reads them.
A failure is the original content plus `failure`. Not here, because they have no keys of their own:
COMPONENT_CONNECTION_REQUEST (a plain array of two profiles: `profiles.decode_profiles`) and
CLIENT_CONNECTION_SUCCESSFULLY_RECONNECT (the bare text `RECONNECTED`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import field

from cloudserver.wire import gson
from cloudserver.wire.names import ComponentType, NetworkServiceType

RECONNECTED = "Reconnect successfully"
"""The whole content of CLIENT_CONNECTION_SUCCESSFULLY_RECONNECT; not JSON."""


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all contents: nulls are left out."""


class ServerHandshake(Content, frozen=True):
    """SERVER_HANDSHAKE_RESPOND."""

    server_key: str = field(name="srv-i")


class Registration(Content, frozen=True):
    """COMPONENT_REGISTRATION_REQUEST, COMPLETE_COMPONENT_REGISTRATION and the failure."""

    service: NetworkServiceType = field(name="ns-t")
    profile: str = field(name="pr")
    failure: str | None = field(name="f-vpn-m", default=None)


class ActorUpdate(Content, frozen=True):
    """UPDATE_ACTOR_REQUEST, COMPLETE_UPDATE_ACTOR and the failure."""

    service: NetworkServiceType = field(name="ns-t")
    profile: str = field(name="pu")
    failure: str | None = field(name="f-vpn-m", default=None)


class ListRequest(Content, frozen=True):
    """REQUEST_LIST_COMPONENT_REGISTERED as a question, and FAILURE_REQUESTED_LIST_NOT_AVAILABLE."""

    service: NetworkServiceType = field(name="ns-t")
    discovery: str = field(name="dp")
    applicant_service: str | None = field(name="a-ns-vpn", default=None)
    failure: str | None = field(name="f-vpn-m", default=None)


class ListAnswer(Content, frozen=True):
    """REQUEST_LIST_COMPONENT_REGISTERED as an answer."""

    component: ComponentType | None = field(name="comp-t", default=None)
    service: NetworkServiceType | None = field(name="ns-t", default=None)
    profiles: str = field(name="rl", default="[]")


class DiscoveryConnection(Content, frozen=True):
    """DISCOVERY_COMPONENT_CONNECTION_REQUEST, FAILURE_COMPONENT_CONNECTION_REQUEST."""

    applicant: str = field(name="a-vpn")
    applicant_service: str = field(name="a-ns-vpn")
    remote: str = field(name="r-p-v")
    failure: str | None = field(name="f-vpn-m", default=None)


class ConnectionRespond(Content, frozen=True):
    """COMPONENT_CONNECTION_RESPOND: where the receiver finds its VPN."""

    path: str = field(name="u")
    server_key: str = field(name="v-s-i")
    applicant: str = field(name="a-vpn")
    remote: str = field(name="r-p-v")
    remote_service: str = field(name="r-p-ns-v")


class ConnectionComplete(Content, frozen=True):
    """COMPLETE_COMPONENT_CONNECTION_REQUEST: both sides of a VPN are there."""

    remote: str = field(name="r-p-v")
    applicant: str = field(name="a-vpn")
    service: NetworkServiceType = field(name="ns-t")


class ServerRedirect(Content, frozen=True):
    """REGISTER_SERVER_REQUEST. The service's name comes with quotes of its own inside the string."""

    service: str = field(name="ns-t")
    address: str = field(name="ipserver")


class MessageType(StrEnum):
    """What a Fermat message carries."""

    TEXT = "TEXT"
    BYTE = "BYTE"
    IMAGE = "IMAGE"
    VIDEO = "VIDEO"


class FermatMessage(Content, frozen=True, rename="camel"):
    """MESSAGE_TRANSMIT. Timestamps are ms since 1970 (numbers in builds up to 2016-06-22)."""

    id: str
    sender: str
    receiver: str
    content: str
    shipping_timestamp: int
    fermat_message_content_type: MessageType
    signature: str
    delivery_timestamp: int | None = None


C = TypeVar("C", bound=Content)
_decoders: dict[type[Content], msgspec.json.Decoder[Content]] = {
    kind: msgspec.json.Decoder(kind) for kind in Content.__subclasses__()
}


def encode(content: Content) -> str:
    """The text for `Packet.content`."""
    return gson.write(content)


def decode(kind: type[C], text: str | bytes) -> C:
    """Read a packet's content as `kind`; `WireError` for anything else."""
    content = gson.read(_decoders[kind], text, kind.__name__)
    assert isinstance(content, kind)  # noqa: S101 - tells mypy what the table of decoders holds
    return content
