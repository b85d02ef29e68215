"""``fermat-sidecar run``: the watchdog itself."""

from __future__ import annotations

import asyncio
import gc
import signal
from pathlib import Path

from fermatkit import eventloop
from fermatkit.errors import ExitCode
from sidecar.cli import log
from sidecar.config.load import load
from sidecar.config.settings import Settings
from sidecar.wiring import Sidecar

_ENDS = (signal.SIGINT, signal.SIGTERM)
"""Ctrl-C, and systemd."""


def run(config: Path) -> ExitCode:
    """Watch until asked to stop. A bug ends the program with status 70 and leaves the server alone."""
    settings = load(config)
    for secret in settings.credentials:
        secret.reveal()  # now, and not at the first message
    log.start()
    with asyncio.Runner(loop_factory=eventloop.factory()) as runner:
        return runner.run(_watch(settings, config))


async def _watch(settings: Settings, config: Path) -> ExitCode:
    gc.freeze()  # what was imported stays: no collection need ever look through it again
    sidecar = Sidecar(settings, config)
    loop = asyncio.get_running_loop()
    for number in _ENDS:
        loop.add_signal_handler(number, sidecar.stop)
    if sidecar.of_systemd:  # systemctl reload
        loop.add_signal_handler(signal.SIGHUP, sidecar.reload)
    elif signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # not under nohup(1): a terminal has closed
        loop.add_signal_handler(signal.SIGHUP, sidecar.stop)
    return await sidecar.run()
