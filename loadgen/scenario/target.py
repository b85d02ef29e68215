"""Which address a plan may name: an address that can be one, and never a public one by accident. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import msgspec

from cloudserver.session import PATH
from fermatkit.hosts import is_host
from fermatkit.toml.mistakes import Mistake
from fermatkit.toml.texts import shown


def read_sources(value: object) -> tuple[str, ...]:
    """A list of addresses to connect from; ValueError says what is wrong with it."""
    if not isinstance(value, list):
        raise ValueError(f'must be a list of addresses, like ["127.0.0.1", "127.0.0.2"], is {shown(value)}')  # noqa: TRY004 - one kind of error for all mistakes
    return tuple(map(_address, value))


def _address(text: object) -> str:
    try:
        return str(ip_address(text if isinstance(text, str) else ""))
    except ValueError:
        raise ValueError(f"must be addresses of this machine, like '127.0.0.2', not {shown(text)}") from None


Sources = Annotated[tuple[str, ...], msgspec.Meta(extra={"read": read_sources})]


def wrong_target(url: str, *, any_path: bool, any_host: bool) -> Iterator[Mistake]:
    """What is wrong with it.

    `any_path`: not only a Cloud Server's, and the port may be that of the scheme; `any_host`: public ones,
    too.
    """
    parts = _parts(url, default_port=any_path)
    if parts is None:
        yield Mistake("url", f"must be like ws://127.0.0.1:9090 or wss://[::1]:9443, is {shown(url)}")
    elif not any_path and (parts.path not in {"", "/", PATH} or parts.query):
        yield Mistake("url", f"names {shown(parts.path)}, but a Cloud Server's clients connect to {PATH}")
    elif not any_host and not is_near(parts.hostname or ""):
        yield Mistake(
            "url",
            f"names {parts.hostname}, which is neither a loopback nor a private address; "
            "if the load is yours to put there, add --i-may-load-this-host",
        )


def endpoint(url: str, *, any_path: bool) -> str:
    """Where clients connect to, of a right url."""
    parts = urlsplit(url)
    return url if any_path else f"{parts.scheme}://{parts.netloc}{PATH}"


def _parts(url: str, *, default_port: bool) -> SplitResult | None:
    """Its parts, if it can be an address at all; `default_port`: also without a port."""
    try:
        parts = urlsplit(url)
        good = is_host(parts.hostname or "") and parts.username is None and not parts.fragment
        good = good and bool(parts.port or (default_port and parts.port is None))
    except ValueError:
        return None
    plain = url.isascii() and url.isprintable() and " " not in url
    return parts if good and plain and parts.scheme in {"ws", "wss"} else None


def is_here(host: str) -> bool:
    """Whether a host is this machine, by its loopback; a name but ``localhost`` is looked up by nobody."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_near(host: str) -> bool:
    """Loopback or private. A name other than localhost is not looked up: what it points to may change."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
