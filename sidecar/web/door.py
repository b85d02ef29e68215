"""Lets connections in, up to a number: a newcomer takes the place of the oldest."""

from __future__ import annotations

import asyncio
from collections.abc import Container

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

MOST = 100
"""Open connections beside those that stay. Idle ones hold nobody off, and cost no descriptor more."""


class Door:
    """The protocol factory of the server: called once for each connection accepted.

    Closing the oldest and not the newcomer keeps the page reachable while somebody opens connections
    and does nothing with them; whoever was asked to leave and wants more connects again. Who is in
    `stay` is left alone: there is a bound for those elsewhere.
    """

    def __init__(self, server: web.Server, stay: Container[asyncio.BaseTransport]) -> None:
        self._server = server
        self._stay = stay

    def __call__(self) -> RequestHandler:
        """The handler of one more connection."""
        inside = [one.transport for one in self._server.connections if one.transport is not None]
        others = [one for one in inside if not one.is_closing() and one not in self._stay]
        for transport in others[: max(0, len(others) + 1 - MOST)]:
            transport.abort()
        return self._server()
