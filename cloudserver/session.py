"""What a Cloud Client says next: the client's side of the conversation, without I/O, clock or randomness.

The heartbeat and every load client are this one. A transport opens a WebSocket to `PATH` with `headers()`,
hands each text message to `receive` and sends what the other methods return. Leave with close code 1000:
anything else leaks a thread in the real server (real-cloud-server.md §3). Who was lost all the same may come
back within 60 s, in a new session with the same keys: its `Registered` then says `reconnected`.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cloudserver.client import components, hearing
from cloudserver.client.events import (
    ComponentRefused,
    ComponentRegistered,
    Event,
    Handshaken,
    Ignored,
    Listed,
    ListRefused,
    Redirected,
    Refused,
    Registered,
    Stage,
    VpnCompleted,
    VpnOffered,
    VpnRefused,
)
from cloudserver.client.templates import Template
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
)

__all__ = [
    "PATH",
    "ClientKeys",
    "ComponentRefused",
    "ComponentRegistered",
    "Event",
    "Handshaken",
    "Ignored",
    "ListRefused",
    "Listed",
    "OutOfTurn",
    "Redirected",
    "Refused",
    "Registered",
    "Session",
    "Stage",
    "VpnCompleted",
    "VpnOffered",
    "VpnRefused",
    "WrongStage",
    "make_keys",
]

PATH = handshake.MAIN_PATH
_UNDEFINED = NetworkServiceType.UNDEFINED


class ClientKeys(msgspec.Struct, frozen=True):
    """A client's public keys: one until it is registered, one to be known by. Opaque to the server."""

    temporary: str
    permanent: str


def make_keys(random_bytes: Callable[[int], bytes]) -> ClientKeys:
    """Make new keys of `random_bytes` (`os.urandom`, or a seeded `Random.randbytes`)."""
    return ClientKeys(handshake.random_key(random_bytes), handshake.random_key(random_bytes))


class OutOfTurn(WireError):
    """The server sent a good packet at a moment when it makes no sense."""


class WrongStage(Exception):
    """We asked the session for something that its stage does not allow: a mistake of the caller's."""


class Session:
    """One conversation, from the handshake to the last list. Small: thousands live in one process."""

    __slots__ = ("_new_id", "_readers", "_registering", "_server_key", "keys", "stage")

    def __init__(self, keys: ClientKeys, new_id: Callable[[], str]) -> None:
        """`new_id` gives each packet its id: ``lambda: str(uuid4())``, or a seeded one."""
        self.keys = keys
        self.stage = Stage.HANDSHAKE
        self._readers = hearing.READERS[self.stage]
        self._new_id = new_id
        self._server_key = ""
        self._registering = 0

    def headers(self) -> dict[str, str]:
        """The header of the WebSocket upgrade."""
        return {handshake.HEADER: handshake.encode(handshake.MainHandshake(self.keys.temporary))}

    def register(self) -> str:
        """Text that registers this client as a cloud client; only in stage REGISTRATION."""
        self._need(Stage.REGISTRATION)
        keys = self.keys
        return _REGISTRATION.text(self._new_id(), keys.temporary, self._server_key, keys.permanent)

    def register_component(self, service: NetworkServiceType, profile: Profile) -> str:
        """Text that registers a network service, or an actor that `service` owns; only when REGISTERED.

        `client.components` makes such profiles. The answer is `ComponentRegistered` or `ComponentRefused`.
        """
        content = contents.Registration(service, gson.write(profile))
        text = self._say(PacketType.COMPONENT_REGISTRATION_REQUEST, contents.encode(content))
        self._registering += 1
        return text

    def request_list(self) -> str:
        """Text that asks for oneself, which the server answers with an empty list; only when REGISTERED.

        The cheapest thing that passes through the server's packet processors: a requester's own profiles are
        taken out of every answer (cloud-server.md §5.6).
        """
        self._need(Stage.REGISTERED)
        return _OWN_LIST.text(self._new_id(), self.keys.permanent, self._server_key)

    def ask(self, applicant: NetworkServiceType, question: DiscoveryParameters) -> str:
        """Text that asks for a list on behalf of a service; only when REGISTERED. See `client.discovery`."""
        return self._say(PacketType.REQUEST_LIST_COMPONENT_REGISTERED, _question(applicant, question))

    def connect_services(self, own: Profile, remote: Profile) -> str:
        """Text that asks for a VPN between two services of the same type; only when REGISTERED (§5.8 a).

        The answer is `VpnOffered`, to both. If there can be none, the server closes our connection by 1011.
        """
        return self._say(PacketType.COMPONENT_CONNECTION_REQUEST, gson.write([own, remote]))

    def connect_actors(self, own: Profile, own_service: Profile, remote: Profile) -> str:
        """Text that asks for a VPN between two actors, through a service; only when REGISTERED (§5.8 b).

        References will do (`components.reference`). The answer is `VpnOffered`, to both, or `VpnRefused`.
        """
        content = contents.DiscoveryConnection(gson.write(own), gson.write(own_service), gson.write(remote))
        return self._say(PacketType.DISCOVERY_COMPONENT_CONNECTION_REQUEST, contents.encode(content))

    def receive(self, text: str | bytes) -> Event:
        """Take one text message of the server and say what it means. A `WireError` changes nothing."""
        packet = envelope.decode(text)
        read = self._readers.get(packet.type)
        if read is None:
            if packet.type in hearing.UNDERSTOOD:
                raise self._out_of_turn(packet)
            return Ignored(packet.type)
        event = read(packet.content)
        if isinstance(event, ComponentRegistered | ComponentRefused):
            if not self._registering:
                raise self._out_of_turn(packet)
            self._registering -= 1
        elif type(event) in hearing.NEXT:
            self._go_to(hearing.NEXT[type(event)])
            if isinstance(event, Handshaken):
                self._server_key = event.server_key
        return event

    def _go_to(self, stage: Stage) -> None:
        self.stage = stage
        self._readers = hearing.READERS[stage]

    def _need(self, stage: Stage) -> None:
        if self.stage is not stage:
            raise WrongStage(f"needs stage {stage.value}, not {self.stage.value}")

    def _out_of_turn(self, packet: Packet) -> OutOfTurn:
        return OutOfTurn(f"{packet.type} in stage {self.stage.value}")

    def _say(self, kind: PacketType, content: str) -> str:
        self._need(Stage.REGISTERED)
        return envelope.encode(Packet(self._new_id(), self.keys.permanent, self._server_key, kind, content))


def _question(applicant: NetworkServiceType, question: DiscoveryParameters) -> str:
    return contents.encode(contents.ListRequest(applicant, gson.write(question)))


def _registration(new_id: str, temporary: str, server: str, permanent: str) -> str:
    content = contents.Registration(_UNDEFINED, gson.write(components.client(permanent)))
    kind = PacketType.COMPONENT_REGISTRATION_REQUEST
    return envelope.encode(Packet(new_id, temporary, server, kind, contents.encode(content)))


def _own_list(new_id: str, permanent: str, server: str) -> str:
    question = DiscoveryParameters(
        identity_public_key=permanent,
        platform_component_type=ComponentType.COMMUNICATION_CLOUD_CLIENT,
        network_service_type=_UNDEFINED,
    )
    kind = PacketType.REQUEST_LIST_COMPONENT_REGISTERED
    return envelope.encode(Packet(new_id, permanent, server, kind, _question(_UNDEFINED, question)))


_REGISTRATION, _OWN_LIST = Template(_registration, 4), Template(_own_list, 3)
