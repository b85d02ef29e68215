"""The `tmp-i` request header: a client says who it is before the first frame (cloud-server.md §3)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import field

from cloudserver.wire import gson
from cloudserver.wire.names import NetworkServiceType

HEADER = "tmp-i"
MAIN_PATH = "/fermat/ws/"
"""The trailing slash matters: without it the server answers 404."""
VPN_PATH = "/fermat/vpn/"
_KEY_BYTES = 64


def random_key(random_bytes: Callable[[int], bytes]) -> str:
    """Make a public key of `random_bytes` (`os.urandom`, or a seeded `Random.randbytes`).

    It looks like an uncompressed secp256k1 point; nothing in plain mode checks that it is one (§4.4).
    """
    return f"04{random_bytes(_KEY_BYTES).hex().upper()}"


class MainHandshake(msgspec.Struct, frozen=True):
    """For the main connection. The server checks neither length nor alphabet of the key."""

    temporary: str = field(name="i")


class VpnHandshake(msgspec.Struct, frozen=True):
    """For a VPN: `applicant` is the profile's JSON text, with no `extraData` (headers end at 8 kB)."""

    service: NetworkServiceType = field(name="ns-t")
    client_key: str = field(name="c-iv")
    applicant: str = field(name="a-vpn")
    remote: str = field(name="r-p-v")


_main = msgspec.json.Decoder(MainHandshake)
_vpn = msgspec.json.Decoder(VpnHandshake)


def encode(handshake: MainHandshake | VpnHandshake) -> str:
    """The header's value: JSON on a single line."""
    return gson.write(handshake)


def decode_main(value: str | bytes) -> MainHandshake:
    """Who opens a main connection; `WireError` if the value does not say."""
    return gson.read(_main, value, f"header {HEADER}")


def decode_vpn(value: str | bytes) -> VpnHandshake:
    """Who opens a VPN, and to whom; `WireError` if the value does not say."""
    return gson.read(_vpn, value, f"header {HEADER}")
