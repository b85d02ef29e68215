"""One small HTTP server for all routes, which no client can make slow."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Iterable
from functools import partial

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from fermatkit.errors import ExitCode, UserError
from fermatkit.sockets import owner
from sidecar.config.settings import HealthSettings
from sidecar.web.answering import Answering, Route
from sidecar.web.api import LONGEST_BODY
from sidecar.web.door import Door
from sidecar.web.events import Events
from sidecar.web.guard import Guard, names

IDLE = 5.0
"""Seconds in which a connection must have made its (next) request; its body has as long again."""
LONGEST_LINE = 2048
"""Bytes of a request line, and of a header; there may be ``MOST_HEADERS`` of them."""
MOST_HEADERS = 64
BACKLOG = 64
_STOP = 0.2
"""Seconds for answers under way when the server stops."""

_log = logging.getLogger("sidecar.web")


def _is_ours(record: logging.LogRecord) -> bool:
    """A request that is none is the client's mistake, answered by 400: no line, and none of its text."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_log.addFilter(_is_ours)


class Served:
    """A running server."""

    def __init__(self, runner: web.ServerRunner, server: asyncio.Server, events: Events) -> None:
        self._runner = runner
        self._server = server
        self._events = events

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close everything; answers under way have 0.2 s."""
        self._server.close()
        self._events.close()
        await self._runner.cleanup()


async def serve(settings: HealthSettings, routes: Iterable[Route], events: Events) -> Served:
    """Serve these, and the events, until stopped.

    UserError (exit code 3) when the address cannot be had, naming who has it where that can be known.
    """
    loop = asyncio.get_running_loop()
    inside = web.Server(
        Answering(Guard(names(settings)), [*routes, *events.routes]),
        request_factory=partial(web.BaseRequest, loop=loop, client_max_size=LONGEST_BODY),
        access_log=None,
        logger=_log,
        keepalive_timeout=IDLE,
        lingering_time=0,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
        max_headers=MOST_HEADERS,
        auto_decompress=False,  # nothing that is asked here is long
    )
    runner = web.ServerRunner(inside, shutdown_timeout=_STOP)
    await runner.setup()
    try:
        server = await loop.create_server(
            Door(inside, events.transports), settings.host, settings.port, backlog=BACKLOG
        )
    except OSError as error:
        await runner.cleanup()
        raise UserError(_refused(settings, error), ExitCode.CONFIGURATION) from None
    return Served(runner, server, events)


def _refused(settings: HealthSettings, error: OSError) -> str:
    """The one line for the operator."""
    where = f"[health] {settings.host}:{settings.port}"
    if error.errno != errno.EADDRINUSE:
        return f"{where} cannot be listened on ({error.strerror}): correct [health] host or port"
    pid = owner(settings.port, os.getpid())
    holder = f"by pid {pid}" if isinstance(pid, int) else pid.why if pid else "by whom is unknown"
    return f"{where} is in use ({holder}): end that program, or choose another [health] port"
