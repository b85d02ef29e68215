"""The envelope every text message travels in (cloud-server.md §4.1), in plain mode: the text *is* this JSON.

Encryption is the identity and a signature the empty string on every build from December 2015 on.
"""

from __future__ import annotations

import msgspec

from cloudserver.wire import gson
from cloudserver.wire.names import PacketType

MAX_CHARS = 3_000_000
"""Characters in one text message; the server closes with 1011 above that."""


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One message. The server trusts `sender` and looks at neither `destination` nor `signature`."""

    id: str
    sender: str
    destination: str
    type: PacketType = msgspec.field(name="fermatPacketType")
    content: str = msgspec.field(name="messageContent")
    """JSON text of the struct of `contents` that goes with `type`; "Reconnect successfully" is not JSON."""
    signature: str = ""


_decoder = msgspec.json.Decoder(Packet)


def encode(packet: Packet) -> str:
    """The text frame of a packet."""
    return gson.write(packet)


def decode(text: str | bytes) -> Packet:
    """The packet of a text frame; `WireError` for anything else."""
    return gson.read(_decoder, text, "packet")
