"""One small HTTP server for all routes, which no client can make slow."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Iterable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from fermatkit.errors import ExitCode, UserError
from fermatkit.sockets import owner
from sidecar.config.settings import HealthSettings
from sidecar.web.api import LONGEST_BODY
from sidecar.web.door import Door
from sidecar.web.events import PATH as EVENTS
from sidecar.web.events import Events
from sidecar.web.guard import guard, names

IDLE = 5.0
"""Seconds in which a connection must have made its (next) request; its body has as long again."""
LONGEST_LINE = 2048
"""Bytes of a request line, and of a header; there may be ``MOST_HEADERS`` of them."""
MOST_HEADERS = 64
BACKLOG = 64
_STOP = 0.2
"""Seconds for answers under way when the server stops."""

_HEADERS = {
    "Server": "fermat-sidecar",  # and not which version of what
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


async def serve(settings: HealthSettings, routes: Iterable[web.RouteDef], events: Events) -> Served:
    """Serve these, and the events, until stopped.

    UserError (exit code 3) when the address cannot be had, naming who has it where that can be known.
    """
    runner = web.AppRunner(
        _application(settings, routes, events),
        access_log=None,
        logger=_log,
        keepalive_timeout=IDLE,
        lingering_time=0,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
        max_headers=MOST_HEADERS,
        auto_decompress=False,  # nothing that is asked here is long
        shutdown_timeout=_STOP,
    )
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - set up above; mypy has to see it
    try:
        server = await asyncio.get_running_loop().create_server(
            Door(runner.server, events.transports), settings.host, settings.port, backlog=BACKLOG
        )
    except OSError as error:
        await runner.cleanup()
        raise UserError(_refused(settings, error), ExitCode.CONFIGURATION) from None
    return Served(runner, server)


def _application(settings: HealthSettings, routes: Iterable[web.RouteDef], events: Events) -> web.Application:
    app = web.Application(client_max_size=LONGEST_BODY, middlewares=[guard(names(settings))])
    app.on_response_prepare.append(_add_headers)
    app.on_shutdown.append(events.close)
    app.router.add_get(EVENTS, events.get, allow_head=False)
    app.router.add_routes(routes)
    return app


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")  # a verdict of a moment ago is no verdict


def _refused(settings: HealthSettings, error: OSError) -> str:
    """The one line for the operator."""
    where = f"[health] {settings.host}:{settings.port}"
    if error.errno != errno.EADDRINUSE:
        return f"{where} cannot be listened on ({error.strerror}): correct [health] host or port"
    pid = owner(settings.port, os.getpid())
    holder = f"by pid {pid}" if isinstance(pid, int) else pid.why if pid else "by whom is unknown"
    return f"{where} is in use ({holder}): end that program, or choose another [health] port"
