"""``GET /health``, the page that shows it, and the API, on one small server that no client can make slow."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from fermatkit.errors import ExitCode, UserError
from fermatkit.sockets import owner
from sidecar.config.settings import HealthSettings
from sidecar.faces.health import CONTENT_TYPE, Health
from sidecar.web.api import LONGEST_BODY, PATH, Api
from sidecar.web.door import Door
from sidecar.web.page import index, read
from sidecar.web.past import Past

IDLE = 10.0
"""Seconds in which a connection must have made its (next) request."""
LONGEST_LINE = 2048
"""Bytes of a request line, and of a header; there may be ``MOST_HEADERS`` of them."""
MOST_HEADERS = 64
BACKLOG = 64
_STOP = 0.2
"""Seconds for answers under way when the server stops."""

_PAGE = {
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
_HEADERS = {
    "Server": "fermat-sidecar",  # and not which version of what
    "Cache-Control": "no-store",  # a verdict of a moment ago is no verdict
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


_log = logging.getLogger("sidecar.web")


def _is_ours(record: logging.LogRecord) -> bool:
    """A request that is none is the client's mistake, answered by 400: no line, and none of its text."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_log.addFilter(_is_ours)


class Served:
    """A running server."""

    def __init__(self, runner: web.AppRunner, server: asyncio.Server) -> None:
        self._runner = runner
        self._server = server

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close everything; answers under way have 0.2 s."""
        self._server.close()
        await self._runner.cleanup()


async def serve(
    settings: HealthSettings,
    published: Callable[[], Health],
    api: Api,
    past: Past | None = None,
    routes: tuple[web.RouteDef, ...] = (),
) -> Served:
    """Serve until stopped. ``published`` is asked at each request: it must not wait for anything.

    ``routes`` are what else there is: each knows what it shows.

    UserError (exit code 3) when the address cannot be had, naming who has it where that can be known.
    """
    runner = web.AppRunner(
        _application(published, api, past, routes),
        access_log=None,
        logger=_log,
        keepalive_timeout=IDLE,
        lingering_time=0,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
        max_headers=MOST_HEADERS,
        shutdown_timeout=_STOP,
    )
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - set up above; mypy has to see it
    try:
        server = await asyncio.get_running_loop().create_server(
            Door(runner.server), settings.host, settings.port, backlog=BACKLOG
        )
    except OSError as error:
        await runner.cleanup()
        raise UserError(_refused(settings, error), ExitCode.CONFIGURATION) from None
    return Served(runner, server)


def _application(
    published: Callable[[], Health], api: Api, past: Past | None, routes: tuple[web.RouteDef, ...]
) -> web.Application:
    app = web.Application(client_max_size=LONGEST_BODY)
    app.on_response_prepare.append(_add_headers)

    async def health(_: web.Request) -> web.Response:
        answer = published()
        headers = {"Content-Language": answer.language}  # an open page takes it up
        return web.Response(
            status=answer.status, body=answer.body, content_type=CONTENT_TYPE, headers=headers
        )

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=index(published().language), content_type="text/html", charset="utf-8")

    app.router.add_get("/health", health)
    app.router.add_get("/", page)
    app.router.add_post(PATH, api.post)
    if past is not None:
        past.add_to(app)
    app.router.add_routes(routes)
    for path, (name, content_type) in _PAGE.items():
        app.router.add_get(path, _static(read(name), content_type))
    return app


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _static(body: bytes, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def static(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type, charset="utf-8")

    return static


def _refused(settings: HealthSettings, error: OSError) -> str:
    """The one line for the operator."""
    where = f"[health] {settings.host}:{settings.port}"
    if error.errno != errno.EADDRINUSE:
        return f"{where} cannot be listened on ({error.strerror}): correct [health] host or port"
    pid = owner(settings.port, os.getpid())
    holder = f"by pid {pid}" if isinstance(pid, int) else pid.why if pid else "by whom is unknown"
    return f"{where} is in use ({holder}): end that program, or choose another [health] port"
