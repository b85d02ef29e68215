"""The server's own configuration: a port is in it, or why not. Empty, it makes the server exit 0 for ever."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from pathlib import Path

import msgspec

from sidecar.core.nouns import Identity
from sidecar.core.observations import ConfigRead, Report
from sidecar.probes.aim import is_ours
from sidecar.probes.patient import Patient
from sidecar.tasks import OneThread, next_beat, spawn

FILE = Path("configuration/server_conf.properties")
"""In the server's working directory."""
_MOST = 65536
"""Bytes that are read of it."""
_PORT = re.compile(r"(?m)^[ \t\f]*port(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+)(.*?)[ \t\f\r]*$")
_LONGEST = 40
"""Characters of a wrong value that are repeated."""
_PORTS = range(1, 65536)


class ConfigSettings(msgspec.Struct, frozen=True):
    """Where it is."""

    directory: Path = Path()
    """The server's working directory."""
    of_another: bool = False
    """Whether the server runs as another user: then what we may not read says nothing about it."""
    interval: float = 30.0
    """Seconds from one look to the next, besides those at each start and end: only a start reads it."""
    settling: float = 1.0
    """Seconds until a file of no use is looked at again: somebody may be writing it just now."""
    patience: float = 2.0
    """Seconds for one look."""


class ConfigProbe:
    """Reports `ConfigRead`: at first, and whenever it has changed; of no use only what two looks found so."""

    def __init__(self, settings: ConfigSettings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._path = settings.directory / FILE
        self._patient = Patient(
            OneThread("configuration"),
            partial(read, self._path, of_another=settings.of_another),
            settings.patience,
        )
        self._now = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; on a running event loop, once."""
        self._task = spawn(self._run(), "configuration probe")

    def watch(self, identity: Identity | None) -> None:
        """Look at once: the server has started, and read or written it, or has ended."""
        del identity
        self._now.set()

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        self._patient.close()

    async def _run(self) -> None:
        told: ConfigRead | None = None
        doubted: ConfigRead | None = None
        while True:
            self._now.clear()
            late = ConfigRead(str(self._path), None, f"unreadable: {self._patient.late}")
            seen = await self._patient.look() or late
            doubt = seen.problem not in ("", "missing") and seen not in (told, doubted)
            doubted = seen if doubt else None
            if seen != told and not doubt:
                told = seen
                self._report(told)
            now, interval = asyncio.get_running_loop().time(), self._settings.interval
            again = now + self._settings.settling if doubt else next_beat(now, interval)
            try:
                async with asyncio.timeout_at(again):
                    await self._now.wait()
            except TimeoutError:
                continue


def read(path: Path, *, of_another: bool = False) -> ConfigRead:
    """Look at the file. Blocks as long as its disk does: not for an event loop."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST).decode(errors="replace")
    except FileNotFoundError:
        return ConfigRead(str(path), None, "missing")
    except OSError as error:
        if is_ours(error) or (of_another and isinstance(error, PermissionError)):
            return ConfigRead(str(path), None, "", str(error.strerror))
        return ConfigRead(str(path), None, f"unreadable: {error.strerror}")
    port = port_of(text)
    return ConfigRead(str(path), *((port, "") if isinstance(port, int) else (None, port)))


def port_of(text: str) -> int | str:
    """The port of a properties file, or what is wrong. Of several the first counts, as for the server."""
    if not text.strip():
        return "empty"
    found = _PORT.search(text)
    if found is None:
        return "no port"
    value = found[1]
    if not (value.isascii() and value.isdigit() and int(value[:_LONGEST]) in _PORTS):
        return f"port is not a number: {value[:_LONGEST]!r} instead of one from {_PORTS[0]} to {_PORTS[-1]}"
    return int(value)
