"""The stand-in as a process: how it starts, how it fails to start, and how it ends."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from types import FrameType

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger

from cloudserver.standin import config, habits, lines
from cloudserver.standin.clients import Clients
from cloudserver.standin.control import Control
from cloudserver.standin.endpoint import MainEndpoint
from cloudserver.standin.http import Rest
from cloudserver.standin.relay import VpnEndpoint
from cloudserver.standin.state import Standin
from cloudserver.wire import handshake
from fermatkit import eventloop
from fermatkit.errors import UserError

if sys.platform != "win32":
    import resource

_SIGNAL_EXIT = 128
_GC_THRESHOLDS = (50_000, 50, 100)
"""A client is 62 objects to the collector, without a cycle among them: with Python's own thresholds each full
collection on the way to 5,000 clients stops the loop for up to 225 ms and finds nothing."""


def run(host: str, port: int, habit_names: Sequence[str], standby_seconds: float) -> None:
    """Serve in the working directory until a signal. Returns only if the configuration cannot be used.

    The process then ends with status 0, as the real one: its main catches everything.
    """
    _obey_signals()
    _raise_fd_limit()
    gc.set_threshold(*_GC_THRESHOLDS)
    server_logger.addFilter(_is_our_fault)
    with asyncio.Runner(loop_factory=eventloop.factory()) as runner:
        runner.run(_live(host, port, habit_names, standby_seconds))


async def _live(host: str, port: int, habit_names: Sequence[str], standby_seconds: float) -> None:
    """Take up the habits, then start: what a habit breaks is broken from the first step on."""
    standin = Standin(clients=Clients(standby_seconds, handshake.random_key(os.urandom)))
    for name in habit_names:
        habits.take_up(name, standin)
    try:
        standin.config = config.load(port)
    except config.BadConfig as error:
        sys.stderr.write(lines.trace(str(error)) + "\n")
        if not (standin.survives_bad_port and isinstance(error, config.BadPort)):
            return
        await asyncio.get_running_loop().create_future()
    await _serve(host, standin)


async def _serve(host: str, standin: Standin) -> None:
    main = MainEndpoint(standin)
    vpns = VpnEndpoint(standin, main)
    rest = Rest(standin)
    application = web.Application(middlewares=[rest.guard])
    application.add_routes(
        [
            web.get(handshake.MAIN_PATH, main.handle),
            web.get(handshake.VPN_PATH, vpns.handle),
            *rest.routes(),
            *Control(standin).routes(),
        ]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    standin.log.write(_open(host, standin, runner))
    standin.lag.start()
    while True:  # once a second over all, instead of a timer for each
        await asyncio.sleep(1)
        main.sweep(time.monotonic())
        vpns.sweep(time.monotonic())


def _open(host: str, standin: Standin, runner: web.AppRunner) -> list[str]:
    """Begin to listen; what that is worth saying.

    With its port taken it lives on without listening, as the real server does: threads keep the JVM alive.
    """
    port = standin.config.port
    assert runner.server is not None  # noqa: S101 - it has been set up, which mypy cannot know
    try:
        address = standin.door.open(host, port, runner.server, standin.log)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise UserError(f"cloudserver: --host {host}: not an address of this machine") from None
        return lines.failed(f"java.net.BindException: {host}:{port}: {os.strerror(error.errno or 0)}")
    return lines.started(f"http://{address}/fermat")


def _obey_signals() -> None:
    """End at once, without close frames, with a JVM's exit statuses: 143, 130, 129.

    A signal that the parent left ignored stays ignored, as in a JVM. Plain handlers, not the loop's: they
    also run while a habit blocks the loop.
    """
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        number = getattr(signal, name, None)  # no SIGHUP on Windows
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _exit)


def _exit(number: int, _frame: FrameType | None) -> None:
    os._exit(_SIGNAL_EXIT + number)


def _is_our_fault(record: logging.LogRecord) -> bool:
    """Keep aiohttp from printing a traceback for bytes that are not HTTP."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


def _raise_fd_limit() -> None:
    """Allow as many descriptors as the hard limit does, which a JVM does too."""
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
