"""The two ports: which, and whether they are free."""

from __future__ import annotations

import os
import socket

import psutil

from fermatkit.errors import ExitCode, UserError
from fermatkit.sockets import owner

_NAMES = {"SERVER_PORT": 9090, "HEALTH_PORT": 9191}


def ports() -> tuple[int, int]:
    """The server's and the health page's; UserError when one cannot be had.

    When neither can be had, a sidecar was left behind: it is the one to end, not its server, which it would
    start again.
    """
    health, server = (_free(name) for name in ("HEALTH_PORT", "SERVER_PORT"))
    if server == health:
        raise UserError(f"SERVER_PORT and HEALTH_PORT are both {server}: choose two different ones")
    return server, health


def chosen(name: str) -> int:
    """The port by this name; UserError when it is none."""
    text = os.environ.get(name) or str(_NAMES[name])
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise UserError(f"{name}={text} is not a port: choose a number from 1 to 65535")
    return int(text)


def _free(name: str) -> int:
    port = chosen(name)
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(
                f"port {port} cannot be had ({_holder(port) or error.strerror}): "
                f"end what uses it, or choose another: make run {name}=PORT",
                ExitCode.CONFIGURATION,
            ) from None
    return port


def _holder(port: int) -> str:
    """Who listens there, if anybody does and it may be known."""
    pid = owner(port, os.getpid())
    if not isinstance(pid, int):
        return "it is in use" if pid else ""
    try:
        return f"in use by pid {pid}, {psutil.Process(pid).name()}"
    except psutil.Error:
        return f"in use by pid {pid}"
