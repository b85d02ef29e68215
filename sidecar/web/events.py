"""``GET /api/v1/events``: ``/health`` again and again, as server-sent events (WHATWG HTML, 9.2).

One event is made for all who listen, and whoever reads slowly misses some of them: each is the whole truth of
its moment. While nobody listens there is no timer and nothing is made.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from http import HTTPStatus

from aiohttp import web

from sidecar.web.answering import HEADERS, Route
from sidecar.web.guard import refuse
from sidecar.web.limits import client
from sidecar.web.showing import Showing

PATH = "/api/v1/events"
MOST = 256
"""Streams in all."""
MOST_OF_ONE = 16
"""Streams of one client, unless it is on this machine: behind a reverse proxy there everybody seems to be."""
_OFTEN = 1.0
"""Seconds between two events, at least …"""
_SELDOM = 3.0
"""… and at most: what it says of time gets old by itself, and silence means that the sidecar is gone."""
_PATIENCE = 30.0
"""Seconds in which somebody has to have read something."""
_RETRY = b"retry: 1000\n\n"


class Events:
    """All streams."""

    def __init__(self, showing: Showing) -> None:
        """`showing` is asked once for each event and language."""
        self._showing = showing
        self._clients: Counter[str | bytes] = Counter()
        self.transports: set[asyncio.BaseTransport] = set()
        """The connections that stay, though others want in."""
        self._timer: asyncio.TimerHandle | None = None
        self._sent = self._due = 0.0
        self._number = 0
        self._events: dict[str, bytes] = {}
        """The newest, in each language that somebody listens in."""
        self._news = asyncio.Event()
        self._closed = False

    def changed(self) -> None:
        """What was sent is old; it is told at once, or when the last one is a second old."""
        soon = self._sent + _OFTEN
        if self._timer is not None and soon < self._due:
            self._wake(soon)

    @property
    def routes(self) -> tuple[Route, ...]:
        """Where they are."""
        return (Route(PATH, self.get, ("GET",)),)

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self._stop()
        self._news.set()

    async def get(self, request: web.BaseRequest) -> web.StreamResponse:
        """A stream for as long as it is listened to."""
        who, transport = client(request.remote), request.transport
        if self._closed or transport is None or len(self.transports) >= MOST:
            return refuse(PATH, HTTPStatus.SERVICE_UNAVAILABLE, "all event streams are taken", 5.0)
        if self._clients[who] >= MOST_OF_ONE and not _is_here(request.remote):
            why = f"you have {MOST_OF_ONE} event streams already"
            return refuse(PATH, HTTPStatus.TOO_MANY_REQUESTS, why, 5.0)
        self.transports.add(transport)
        self._clients[who] += 1
        try:
            return await self._stream(request, transport)
        finally:
            self.transports.discard(transport)
            self._clients[who] -= 1
            if not self._clients[who]:
                del self._clients[who]
            if not self.transports:
                self._stop()

    async def _stream(self, request: web.BaseRequest, transport: asyncio.Transport) -> web.StreamResponse:
        if self._timer is None:
            self._send()
        accepted = request.headers.get("Accept-Language", "")
        response = web.StreamResponse(
            headers={
                **HEADERS,
                "Cache-Control": "no-store",
                "Content-Language": self._showing.language(accepted),
                "Vary": "Accept-Language",
                "X-Accel-Buffering": "no",  # nginx: not in heaps
            }
        )
        response.content_type = "text/event-stream"
        await response.prepare(request)
        told, head = 0, _RETRY
        while not self._closed:
            if told == self._number:
                await self._news.wait()
                continue
            told = self._number
            try:
                async with asyncio.timeout(_PATIENCE):
                    await response.write(head + self._event(self._showing.language(accepted)))
            except (TimeoutError, ConnectionError):  # does not read, or has left
                transport.abort()
                break
            head = b""
        return response

    def _event(self, language: str) -> bytes:
        if language not in self._events:
            body = self._showing.health(language).body
            self._events[language] = b"event: health\nid: %d\ndata: %s\n\n" % (self._number, body)
        return self._events[language]

    def _send(self) -> None:
        """There is another event: wake everybody."""
        self._number += 1
        self._events = {}
        self._sent = asyncio.get_running_loop().time()
        self._wake(self._sent + _SELDOM)
        self._news.set()
        self._news = asyncio.Event()

    def _wake(self, when: float) -> None:
        """Send again at this moment of the loop's clock."""
        self._stop()
        self._due = when
        self._timer = asyncio.get_running_loop().call_at(when, self._send)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _is_here(address: str | None) -> bool:
    return address is not None and ipaddress.ip_address(address.partition("%")[0]).is_loopback
