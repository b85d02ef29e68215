"""What a Cloud Client says next: the client's side of the conversation, without I/O, clock or randomness.

The heartbeat and every load client are this one. A transport opens a WebSocket to `PATH` with `headers()`,
hands each text message to `receive` and sends what `register` and `request_list` return. Leave with close
code 1000: anything else leaks a thread in the real server (real-cloud-server.md §3).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec

from cloudserver.wire import (
    ComponentType,
    DiscoveryParameters,
    NetworkServiceType,
    Packet,
    PacketType,
    Profile,
    WireError,
    contents,
    envelope,
    gson,
    handshake,
    profiles,
)

PATH = handshake.MAIN_PATH


class ClientKeys(msgspec.Struct, frozen=True):
    """A client's public keys: one until it is registered, one to be known by. Opaque to the server."""

    temporary: str
    permanent: str


def make_keys(random_bytes: Callable[[int], bytes]) -> ClientKeys:
    """Make new keys of `random_bytes` (`os.urandom`, or a seeded `Random.randbytes`)."""
    return ClientKeys(handshake.random_key(random_bytes), handshake.random_key(random_bytes))


class Stage(Enum):
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
    """The server knows us; `reconnected` if it had kept our profiles from a connection lost before."""

    reconnected: bool


class Refused(msgspec.Struct, frozen=True):
    """The server does not want us, in its own words."""

    reason: str


class Listed(msgspec.Struct, frozen=True):
    """The answer to a list request."""

    profiles: tuple[Profile, ...]


class ListRefused(msgspec.Struct, frozen=True):
    """No answer to a list request, in the server's own words."""

    reason: str


class Redirected(msgspec.Struct, frozen=True):
    """Another server takes over a service from now on (cloud-server.md §5.11)."""

    service: str
    address: str


class Ignored(msgspec.Struct, frozen=True):
    """A known packet that means nothing to this client now."""

    packet_type: PacketType


Event = Handshaken | Registered | Refused | Listed | ListRefused | Redirected | Ignored


class OutOfTurn(WireError):
    """The server sent a good packet at a moment when it makes no sense."""


class WrongStage(Exception):
    """We asked the session for something that its stage does not allow: a mistake of the caller's."""


class Session:
    """One conversation, from the handshake to the last list. Small: thousands live in one process."""

    __slots__ = ("_new_id", "_server_key", "keys", "stage")

    def __init__(self, keys: ClientKeys, new_id: Callable[[], str]) -> None:
        """`new_id` gives each packet its id: ``lambda: str(uuid4())``, or a seeded one."""
        self.keys = keys
        self.stage = Stage.HANDSHAKE
        self._new_id = new_id
        self._server_key = ""

    def headers(self) -> dict[str, str]:
        """The header of the WebSocket upgrade."""
        return {handshake.HEADER: handshake.encode(handshake.MainHandshake(self.keys.temporary))}

    def register(self) -> str:
        """Text that registers this client as a cloud client; only in stage REGISTRATION."""
        self._need(Stage.REGISTRATION)
        profile = Profile(
            identity_public_key=self.keys.permanent,
            alias="WsCommunicationsCloudClientChannel",
            name="Web Socket Communications Cloud Client",
            platform_component_type=ComponentType.COMMUNICATION_CLOUD_CLIENT,
            network_service_type=NetworkServiceType.UNDEFINED,
            communication_cloud_client_identity=self.keys.permanent,
        )
        content = contents.Registration(NetworkServiceType.UNDEFINED, gson.write(profile))
        return self._packet(self.keys.temporary, PacketType.COMPONENT_REGISTRATION_REQUEST, content)

    def request_list(self) -> str:
        """Text that asks for oneself, which the server answers with an empty list; only when REGISTERED.

        The cheapest thing that passes through the server's packet processors: a requester's own profiles are
        taken out of every answer (cloud-server.md §5.6).
        """
        self._need(Stage.REGISTERED)
        question = DiscoveryParameters(
            identity_public_key=self.keys.permanent,
            platform_component_type=ComponentType.COMMUNICATION_CLOUD_CLIENT,
            network_service_type=NetworkServiceType.UNDEFINED,
        )
        content = contents.ListRequest(NetworkServiceType.UNDEFINED, gson.write(question))
        return self._packet(self.keys.permanent, PacketType.REQUEST_LIST_COMPONENT_REGISTERED, content)

    def receive(self, text: str | bytes) -> Event:
        """Take one text message of the server and say what it means. A `WireError` changes nothing."""
        packet = envelope.decode(text)
        meaning = _MEANINGS.get(packet.type)
        if meaning is None:
            return Ignored(packet.type)
        stage, read = meaning
        if self.stage is not stage:
            raise OutOfTurn(f"{packet.type} in stage {self.stage.value}")
        event = read(packet.content)
        self.stage = _NEXT.get(type(event), stage)
        if isinstance(event, Handshaken):
            self._server_key = event.server_key
        return event

    def _need(self, stage: Stage) -> None:
        if self.stage is not stage:
            raise WrongStage(f"needs stage {stage.value}, not {self.stage.value}")

    def _packet(self, sender: str, kind: PacketType, content: contents.Content) -> str:
        return envelope.encode(
            Packet(self._new_id(), sender, self._server_key, kind, contents.encode(content))
        )


def _handshaken(content: str) -> Event:
    return Handshaken(contents.decode(contents.ServerHandshake, content).server_key)


def _refused(content: str) -> Event:
    return Refused(_reason(contents.Registration, content))


def _listed(content: str) -> Event:
    return Listed(profiles.decode_profiles(contents.decode(contents.ListAnswer, content).profiles))


def _list_refused(content: str) -> Event:
    return ListRefused(_reason(contents.ListRequest, content))


def _redirected(content: str) -> Event:
    redirect = contents.decode(contents.ServerRedirect, content)
    return Redirected(redirect.service.strip('"'), redirect.address)


def _reason(kind: type[contents.Registration | contents.ListRequest], content: str) -> str:
    """The failure text; a failure whose content is not as written down is still a failure."""
    try:
        return contents.decode(kind, content).failure or content
    except WireError:
        return content


# What the server may say: the stage in which it makes sense, and how to read it.
_MEANINGS: dict[PacketType, tuple[Stage, Callable[[str], Event]]] = {
    PacketType.SERVER_HANDSHAKE_RESPOND: (Stage.HANDSHAKE, _handshaken),
    PacketType.COMPLETE_COMPONENT_REGISTRATION: (Stage.REGISTRATION, lambda _: Registered(reconnected=False)),
    PacketType.CLIENT_CONNECTION_SUCCESSFULLY_RECONNECT: (
        Stage.REGISTRATION,
        lambda _: Registered(reconnected=True),
    ),
    PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST: (Stage.REGISTRATION, _refused),
    PacketType.REQUEST_LIST_COMPONENT_REGISTERED: (Stage.REGISTERED, _listed),
    PacketType.FAILURE_REQUESTED_LIST_NOT_AVAILABLE: (Stage.REGISTERED, _list_refused),
    PacketType.REGISTER_SERVER_REQUEST: (Stage.REGISTERED, _redirected),
}
_NEXT: dict[type[Event], Stage] = {
    Handshaken: Stage.REGISTRATION,
    Registered: Stage.REGISTERED,
    Refused: Stage.REFUSED,
}
