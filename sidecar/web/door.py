"""Lets connections in, up to a number: a newcomer takes the place of the oldest."""

from __future__ import annotations

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

MOST = 100
"""Open connections. Idle ones hold nobody off, and cost no more than this many descriptors."""


class Door:
    """The protocol factory of the server: called once for each connection accepted.

    Closing the oldest and not the newcomer keeps the page reachable while somebody opens connections
    and does nothing with them; whoever was asked to leave and wants more connects again.
    """

    def __init__(self, server: web.Server) -> None:
        self._server = server

    def __call__(self) -> RequestHandler:
        """The handler of one more connection."""
        inside = [one.transport for one in self._server.connections if one.transport is not None]
        staying = [transport for transport in inside if not transport.is_closing()]
        for transport in staying[: max(0, len(staying) + 1 - MOST)]:
            transport.abort()
        return self._server()
