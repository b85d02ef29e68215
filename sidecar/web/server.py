"""``GET /api/v1/server``: who the server is, read when somebody asks, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from aiohttp import web

from fermatkit.about import about
from sidecar.core.view import View
from sidecar.tasks import OneThread
from sidecar.web.answering import Route


class ServerState(msgspec.Struct, frozen=True):
    """The process that runs now."""

    pid: int | None
    about: dict[str, str]
    """Its command line, runtime, limits, machine; what cannot be told is left out."""


class Server:
    """Answers for the process that is watched."""

    def __init__(self, look: Callable[[], View]) -> None:
        self._look = look
        self._thread = OneThread("server")

    @property
    def route(self) -> Route:
        """Where it is asked."""
        return Route("/api/v1/server", self._server)

    async def _server(self, _: web.BaseRequest) -> web.Response:
        identity = self._look().identity
        found = await self._thread.call(lambda: about(identity.pid)) if identity else {}
        body = msgspec.json.encode(ServerState(identity.pid if identity else None, found))
        return web.Response(body=body, content_type="application/json")
