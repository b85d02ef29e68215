"""Where a program listens: whether another on the same port would be in its way, and who can reach it."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_LOCALHOST: frozenset[Address] = frozenset(map(ipaddress.ip_address, ("127.0.0.1", "::1")))


def overlap(one: str, other: str) -> bool:
    """Surely or likely: a name other than localhost is not looked up, it is only compared."""
    if _plain(one) == _plain(other):
        return True
    ones, others = _addresses(one), _addresses(other)
    everywhere = any(address.is_unspecified for address in ones | others)
    return everywhere or not ones.isdisjoint(others)


def local(host: str) -> bool:
    """Whether only this machine can reach it: a name other than localhost may be anybody's."""
    addresses = _addresses(host)
    return bool(addresses) and all(address.is_loopback for address in addresses)


def _plain(host: str) -> str:
    return host.removesuffix(".").casefold()


def _addresses(host: str) -> frozenset[Address]:
    if _plain(host) == "localhost":
        return _LOCALHOST
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return frozenset()
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return frozenset((mapped or address,))
