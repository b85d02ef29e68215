"""A dead-man switch on loopback, in the convention of Healthchecks.io, which does as the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from aiohttp import web

PATH = "/ping/5f0c8f1e-secret"


class Switch:
    """What it heard, and how it answers."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        """Each request's path and query behind `PATH`, and its body."""
        self.answers: Callable[[web.Request], Awaitable[web.StreamResponse]] = self.ok
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    async def ok(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text="OK")

    async def hang(self, _request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3600)
        return web.Response()

    async def drip(self, request: web.Request) -> web.StreamResponse:
        """A header line now and then, and never the last: each byte alone comes in time."""
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            request.transport.write(b"X: y\r\n")
            await asyncio.sleep(0.1)

    async def fail(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)

    async def redirect(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(request.path_qs)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.heard.append((request.path_qs.removeprefix(PATH), await request.text()))
        return await self.answers(request)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/{path:.*}", self._take)])
        return app


@asynccontextmanager
async def switch() -> AsyncIterator[Switch]:
    one = Switch()
    runner = web.AppRunner(one.app(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.port = runner.addresses[0][1]
    try:
        yield one
    finally:
        await runner.cleanup()
