"""The keys of clients and services, made of the plan's identities: a partner's are known beforehand. Pure."""

from __future__ import annotations

from hashlib import shake_128

from cloudserver.session import ClientKeys
from cloudserver.wire.handshake import random_key


def made(identity: int, what: str) -> str:
    """The public key that this identity has for `what`: the same for the same two."""
    return random_key(shake_128(f"{what} {identity}".encode()).digest)


def client_keys(identity: int) -> ClientKeys:
    """A client's own. The real client's temporary key is the same on every connect, too (§3)."""
    return ClientKeys(made(identity, "temporary"), made(identity, "client"))


def photo(key: str, size: int) -> bytes:
    """So many bytes that do not shrink, the same for the same key."""
    return shake_128(key.encode()).digest(size)
