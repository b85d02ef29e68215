"""One end of a VPN: a second WebSocket to the server, which relays messages to the peer's (§3, §5.9).

Open a WebSocket to `path` with `headers()`, send what `say` returns and hand each text message to `receive`.
The server says nothing first, and a VPN that says nothing for 60 s ends: it is never pinged. Messages are
not acknowledged; those for a peer who is not there are dropped without notice. Who leaves closes by 1000.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cloudserver.client.events import Ignored, Relayed, VpnOffered
from cloudserver.wire import Packet, PacketType, contents, envelope, gson, handshake
from cloudserver.wire.contents import FermatMessage, MessageType


class Vpn:
    """What the client says and hears on one VPN socket. Small: thousands live in one process."""

    __slots__ = ("_client_key", "_new_id", "_offer")

    def __init__(self, offer: VpnOffered, client_key: str, new_id: Callable[[], str]) -> None:
        """`client_key` is a fresh key for this VPN alone (`wire.handshake.random_key`)."""
        self._offer = offer
        self._client_key = client_key
        self._new_id = new_id

    @property
    def path(self) -> str:
        """Where on the server to connect to."""
        return self._offer.path

    def headers(self) -> dict[str, str]:
        """The header of the WebSocket upgrade. Without the photo: headers end at 8 kB."""
        applicant = gson.write(msgspec.structs.replace(self._offer.own, extra_data=None))
        value = handshake.VpnHandshake(
            self._offer.service, self._client_key, applicant, self._offer.remote_key
        )
        return {handshake.HEADER: handshake.encode(value)}

    def say(self, text: str, now: int) -> str:
        """Text that carries `text` to the peer; `now` is in ms since 1970. See `fragments` for long ones."""
        message = FermatMessage(
            self._new_id(),
            self._offer.own_key,
            self._offer.remote_key,
            text,
            now,
            MessageType.TEXT,
            signature="",
        )
        return envelope.encode(
            Packet(
                self._new_id(),
                self._client_key,
                self._offer.server_key,
                PacketType.MESSAGE_TRANSMIT,
                contents.encode(message),
            )
        )

    def receive(self, text: str | bytes) -> Relayed | Ignored:
        """Take one text message of the server and say what it means; `WireError` if it is none."""
        packet = envelope.decode(text)
        if packet.type is not PacketType.MESSAGE_TRANSMIT:
            return Ignored(packet.type)
        return Relayed(contents.decode(FermatMessage, packet.content))
