"""``fermat-sidecar run``: the watchdog itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

import msgspec
import structlog

from fermatkit import eventloop
from fermatkit.errors import ExitCode
from sidecar.config.load import load
from sidecar.config.settings import Settings
from sidecar.wiring import Sidecar


def run(config: Path) -> ExitCode:
    """Watch until asked to stop. A bug ends the program with status 70 and leaves the server alone."""
    settings = load(config)
    _log_lines()
    with asyncio.Runner(loop_factory=eventloop.factory()) as runner:
        return runner.run(_watch(settings))


async def _watch(settings: Settings) -> ExitCode:
    sidecar = Sidecar(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, sidecar.stop)
    return await sidecar.run()


def _log_lines() -> None:
    """For a person at a terminal in words, for a machine in JSON; both to stderr."""
    person = sys.stderr.isatty()
    shown: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if person else structlog.processors.JSONRenderer(_json)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=not person),
            structlog.processors.dict_tracebacks if not person else structlog.processors.StackInfoRenderer(),
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(_Stderr()),  # type: ignore[arg-type]  # all that it uses
        cache_logger_on_first_use=True,
    )


def _json(event: object, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


class _Stderr:
    """A log that nobody can take any more (a closed pipe, a full disk) must not stop the watching."""

    def write(self, text: str) -> None:
        """Write what can be written."""
        with contextlib.suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Likewise."""
        with contextlib.suppress(OSError):
            sys.stderr.flush()
