"""Every request: who may ask, whose it is, and the headers of every answer.

Not aiohttp's application: its router, its middlewares and its signals take half as long again as the rest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web

from sidecar.web.guard import Guard, refuse

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
HEADERS = {
    "Server": "fermat-sidecar",  # and not which version of what
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
"""Of every answer."""


class Route(NamedTuple):
    """What is answered where, to which methods."""

    path: str
    handler: Handler
    methods: tuple[str, ...] = ("GET", "HEAD")


class Answering:
    """The handler of all requests."""

    def __init__(self, guard: Guard, routes: Iterable[Route]) -> None:
        """No two of the routes may have a path and a method in common."""
        self._guard = guard
        self._handlers: dict[str, dict[str, Handler]] = {}
        for route in routes:
            self._handlers.setdefault(route.path, {}).update(dict.fromkeys(route.methods, route.handler))

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer it."""
        response = self._guard.refused(request) or await self._handled(request)
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")  # a verdict of a moment ago is no verdict
        return response

    async def _handled(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        of_path = self._handlers.get(path)
        if of_path is None:
            return refuse(path, HTTPStatus.NOT_FOUND, "there is nothing here")
        handler = of_path.get(request.method)
        if handler is None:
            allowed = ", ".join(sorted(of_path))
            refused = refuse(path, HTTPStatus.METHOD_NOT_ALLOWED, f"it takes {allowed}")
            refused.headers["Allow"] = allowed
            return refused
        return await handler(request)
