"""What is asked of a load run, and everything that is wrong with it. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from math import isfinite
from urllib.parse import urlsplit

import msgspec

from cloudserver.session import PATH
from fermatkit.hosts import is_host

DEFAULT_URL = "ws://127.0.0.1:9090"
_BOUNDS = {  # flag → what its number is, at least, at most
    "connections": ("clients", 1, 1_000_000),
    "ramp": ("connects a second", 0.1, 100_000),
    "duration": ("seconds", 0, 7 * 86_400),
    "rate": ("messages a second", 0, 1_000_000),
}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run as data. Times in seconds, rates a second; the defaults end 5,000 clients in a minute."""

    seed: int
    """Makes the schedule the same again: which client sends when."""
    connections: int = 100
    url: str = DEFAULT_URL
    ramp: float = 250.0
    """Connects that fall due each second, whether earlier ones are through or not."""
    duration: float = 30.0
    """How long all are held, and messages sent, once the ramp is over."""
    rate: float = 200.0
    """Messages of all clients together, open model: due whether earlier ones are answered or not."""
    pending: int = 50
    """Connects on their way at once: the listen backlog of the real server (real-cloud-server.md §2)."""
    registered_within: float = 10.0
    """From the moment a connect was due until its registration is answered; later is a failure."""
    answered_within: float = 5.0
    """How long to wait, when the duration is over, for answers that are still out."""
    closed_within: float = 10.0
    """For all clients to leave by close code 1000; who has not is aborted."""
    ping_period: float = 20.0
    """Between two pings of one client, as in the real client (cloud-server.md §3)."""


def endpoint(plan: Plan) -> str:
    """The address that every client connects to."""
    parts = urlsplit(plan.url)
    return f"ws://{parts.netloc}{PATH}"


def mistakes(plan: Plan, *, any_host: bool = False) -> list[str]:
    """All that is wrong with a plan, each in words for who typed it; `any_host`: public targets too."""
    return [*_out_of_bounds(plan), *_bad_target(plan.url, any_host=any_host)]


def _out_of_bounds(plan: Plan) -> list[str]:
    found = []
    for name, (what, least, most) in _BOUNDS.items():
        value = getattr(plan, name)
        if not (isfinite(value) and least <= value <= most):
            found.append(f"--{name} is {value:,}, but must be {least:,} to {most:,} {what}")
    return found


def _bad_target(url: str, *, any_host: bool) -> list[str]:
    try:
        parts = urlsplit(url)
        good = (
            parts.scheme == "ws" and is_host(parts.hostname or "") and parts.port and parts.username is None
        )
    except ValueError:
        good = False
    if not good or parts.path not in {"", "/", PATH} or parts.query or parts.fragment:
        return [f"--url is {url!r}, but must be like {DEFAULT_URL}"]
    if not any_host and not is_near(parts.hostname or ""):
        what = f"--url names {parts.hostname}, which is neither a loopback nor a private address"
        return [f"{what}; if the load is yours to put there, add --i-may-load-this-host"]
    return []


def is_near(host: str) -> bool:
    """Loopback or private. A name other than localhost is not looked up: what it points to may change."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
