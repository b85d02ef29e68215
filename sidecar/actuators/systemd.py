"""What systemd is told of the sidecar itself (sd_notify(3)): ready, well, how things are, about to end."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import MutableMapping

import structlog

from sidecar.tasks import Beat, spawn

log = structlog.get_logger("sidecar.systemd")

_NAMES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class Systemd:
    """Tells the one who started us, if that is systemd and wants to know; else nothing.

    The watchdog is fed from the event loop: a sidecar whose loop stands still is started again by systemd.
    """

    def __init__(self, environment: MutableMapping[str, str] = os.environ) -> None:
        """NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are taken out: they are not for the server."""
        address, wanted, whose = (environment.pop(name, "") for name in _NAMES)
        self._address = _address(address)
        self._interval = _interval(wanted) if whose in ("", str(os.getpid())) else None
        self._said = ""
        self._beating: asyncio.Task[None] | None = None

    @property
    def listens(self) -> bool:
        """Whether there is somebody to be told."""
        return bool(self._address)

    def ready(self) -> None:
        """The sidecar watches from now on."""
        self._tell("READY=1")
        if self._address and self._interval is not None:
            self._beating = spawn(self._beat(self._interval), "systemd's watchdog")

    def status(self, text: str) -> None:
        """One line for ``systemctl status``; the same again is not told."""
        if text != self._said:
            self._said = text
            self._tell(f"STATUS={' '.join(text.split())}")

    def stopping(self) -> None:
        """The end has been asked for: it may take as long as the server takes to end."""
        self._tell("STOPPING=1")

    async def close(self) -> None:
        """No more beats."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)

    async def _beat(self, interval: float) -> None:
        beat = Beat(interval)
        while True:
            await beat.wait()
            self._tell("WATCHDOG=1")

    def _tell(self, line: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
                to.setblocking(False)  # noqa: FBT003 - its own signature
                to.sendto(line.encode(), self._address)
        except OSError as error:  # a beat that was not heard is followed by the next
            log.warning("systemd was not told", what=line, why=error.strerror)


def _address(name: str) -> str:
    """A path, or a name without one in Linux's abstract namespace, which systemd writes with an @."""
    return f"\0{name[1:]}" if name.startswith("@") else name


def _interval(microseconds: str) -> float | None:
    """Half of what systemd waits for, in seconds; None if it does not wait."""
    return int(microseconds) / 2e6 if microseconds.isdecimal() and int(microseconds) else None
