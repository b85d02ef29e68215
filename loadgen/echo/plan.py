"""What is asked of an echo run, and everything that is wrong with it. Pure."""

from __future__ import annotations

import re
from math import isfinite
from urllib.parse import urlsplit

import msgspec

from fermatkit.hosts import is_host
from loadgen.scenario.target import is_near

_BOUNDS = {  # flag → what its number is, at least, at most
    "connections": ("clients", 1, 1_000_000),
    "ramp": ("connects a second", 0.1, 1_000_000),
    "duration": ("seconds", 0, 7 * 86_400),
    "rate": ("messages a second", 0, 1_000_000),
    "size": ("bytes", 8, 2**20),
}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_RESERVED = {"host", "upgrade", "connection", "content-length", "transfer-encoding"}


class EchoPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run as data. Times in seconds, rates a second."""

    seed: int
    """Makes the schedule and the messages the same again."""
    url: str
    connections: int = 100
    ramp: float = 250.0
    """Connects that fall due each second, whether earlier ones are through or not."""
    rate: float = 200.0
    """Messages of all clients together, open model."""
    duration: float = 10.0
    size: int = 128
    """Bytes of a message; its first eight are its number."""
    subprotocol: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    """Addresses of this machine to connect from; none: one for each 10,000 connections to loopback."""
    ca: str | None = None
    """File of the authority that signed a wss:// server's certificate; none: those of the system."""
    pending: int = 256
    """Connects on their way at once."""
    opened_within: float = 10.0
    """From the moment a connect was due."""
    answered_within: float = 5.0
    """How long to wait, when the duration is over, for answers that are still out."""
    closed_within: float = 10.0


def mistakes(plan: EchoPlan, *, any_host: bool = False) -> list[str]:
    """All that is wrong with a plan, each in words for who typed it; `any_host`: public targets too."""
    found = []
    for name, (what, least, most) in _BOUNDS.items():
        value = getattr(plan, name)
        if not (isfinite(value) and least <= value <= most):
            found.append(f"--{name} is {value:,}, but must be {least:,} to {most:,} {what}")
    found += [
        f"--header {name!r} is not a header that can be set" for name, _ in plan.headers if _is_bad(name)
    ]
    found += [
        f"--header {name}: its value has a control character"
        for name, value in plan.headers
        if not _is_text(value)
    ]
    if plan.subprotocol is not None and not _TOKEN.fullmatch(plan.subprotocol):
        found.append(f"--subprotocol is {plan.subprotocol!r}, but must be one token")
    return [*found, *_bad_target(plan.url, any_host=any_host)]


def _is_bad(header: str) -> bool:
    name = header.lower()
    return not _TOKEN.fullmatch(header) or name in _RESERVED or name.startswith("sec-websocket-")


def _is_text(value: str) -> bool:
    return value.isprintable() and all(ord(character) < 256 for character in value)  # noqa: PLR2004 - latin-1


def _bad_target(url: str, *, any_host: bool) -> list[str]:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"ws", "wss"} and is_host(parts.hostname or "") and parts.username is None
        good = (
            good
            and parts.port != 0
            and not parts.fragment
            and url.isascii()
            and url.isprintable()
            and " " not in url
        )
    except ValueError:
        good = False
    if not good:
        return [f"--url is {url!r}, but must be like ws://127.0.0.1:9090/path or wss://…"]
    if not any_host and not is_near(parts.hostname or ""):
        what = f"--url names {parts.hostname}, which is neither a loopback nor a private address"
        return [f"{what}; if the load is yours to put there, add --i-may-load-this-host"]
    return []
