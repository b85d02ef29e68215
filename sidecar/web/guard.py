"""Who is let near any route at all: no page of another site, under no name that is not this listener's.

A browser sends a page's requests to whatever address the page's name has by then (DNS rebinding), and reads
the answers to it: only the Host tells. So a name is taken from the listener itself and from the
configuration, and from nowhere else; and there is never an Access-Control-Allow-Origin.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from math import ceil

import msgspec
from aiohttp import web

from sidecar.config.settings import HealthSettings
from sidecar.web.limits import Limit, client

API = "/api/"
_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_OUR_SITES = ("same-origin", "none")
"""What a browser says (Sec-Fetch-Site) of our own page, and of a person who has typed the address."""
_BURST, _INTERVAL = 200, 0.02
"""Requests to the API: so many at once, and then one in so many seconds."""

Refusal = tuple[HTTPStatus, str]


def names(settings: HealthSettings) -> frozenset[str]:
    """What a Host may be, without its port."""
    return frozenset(_bare(name) for name in (*_LOCAL, settings.host, *settings.names))


def refusal(
    path: str, headers: Mapping[str, str], ours: frozenset[str], local: Callable[[], str]
) -> Refusal | None:
    """Why this request is not for us; `local` tells the address at which it came in.

    A request without a Host is HTTP/1.0 and no browser's.
    """
    if not path.startswith("/"):
        return HTTPStatus.BAD_REQUEST, "ask for a path, such as /health: this is no proxy"
    host = headers.get("Host")
    if host is not None and (name := _name(host)) not in ours and name != _bare(local()):
        return (
            HTTPStatus.MISDIRECTED_REQUEST,
            "this listener has no such name: ask it by its address, or write the name into [health] names",
        )
    origin = headers.get("Origin")
    if origin is not None and origin.partition("://")[2].lower() != (host or "").lower():
        return HTTPStatus.FORBIDDEN, "no page of another origin is answered"
    if path.startswith(API) and headers.get("Sec-Fetch-Site", "none") not in _OUR_SITES:
        return HTTPStatus.FORBIDDEN, "no page of another site is answered"
    return None


class Guard:
    """Stands before every route, also those that do not exist."""

    def __init__(self, ours: frozenset[str]) -> None:
        """`ours`: see `names`."""
        self._ours = ours
        self._limit = Limit(_BURST, _INTERVAL)

    def refused(self, request: web.BaseRequest) -> web.Response | None:
        """What is answered to a request that is not for us, or one too many."""
        path = request.raw_path
        if refused := refusal(path, request.headers, self._ours, lambda: _local(request)):
            return refuse(path, *refused)
        if path.startswith(API):
            now, who = time.monotonic(), client(request.remote)
            if wait := self._limit.wait(who, now):
                return refuse(path, HTTPStatus.TOO_MANY_REQUESTS, "too many requests", wait)
            self._limit.spend(who, now)
        return None


def refuse(path: str, status: HTTPStatus, why: str, wait: float = 0.0) -> web.Response:
    """The one line, as JSON where JSON is spoken; `wait` is after how many seconds it may be tried again."""
    headers = {"Retry-After": str(ceil(wait))} if wait else None
    if path.startswith(API):
        body = msgspec.json.encode({"error": why})
        return web.Response(status=status, body=body, content_type="application/json", headers=headers)
    return web.Response(status=status, text=f"{why}\n", headers=headers)


def _local(request: web.BaseRequest) -> str:
    at = request.transport.get_extra_info("sockname") if request.transport else None
    return str(at[0]) if at else ""


@lru_cache(64)
def _name(host: str) -> str:
    """Without the port. What is no host at all is nobody's name."""
    name, colon, port = host.rpartition(":")
    return _bare(name if colon and port.isascii() and port.isdigit() else host)


def _bare(host: str) -> str:
    """As it is compared."""
    return host.removeprefix("[").removesuffix("]").removesuffix(".").casefold()
