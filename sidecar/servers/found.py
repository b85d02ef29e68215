"""The server as somebody else runs it: looked for each second until it is there, then held until it ends.

Who is held and has the port is the server as long as it lives, whatever the pidfile says by then: a newcomer
cannot have the port before that. Nothing is started here, and what becomes of the server is up to whoever
runs it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

import msgspec

from fermatkit.measures import Unknown
from fermatkit.process import age, started
from sidecar.core.actions import Restart, Signal, Start
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Absent, Appeared, Exited, Report
from sidecar.servers.pidfd import Hold, deliver, hold, why
from sidecar.servers.search import Found, by_match, by_pidfile, by_port, listens
from sidecar.tasks import OneThread, spawn

_INTERVAL = 1.0
"""Seconds between two looks."""
_SHARE = 0.01
"""Of a core, at most, for looking."""


class FoundSettings(msgspec.Struct, frozen=True):
    """Where the server is found: by its pidfile, else by its command line, else by its port."""

    port: int
    pidfile: Path | None = None
    match: str = ""
    """A text of its command line."""


class _Look(NamedTuple):
    found: Found
    known: Identity | None
    """Who was the server, if it still runs."""
    pause: float
    """Seconds until the next."""


class FoundServer:
    """One server process of somebody else's."""

    def __init__(self, settings: FoundSettings, report: Report) -> None:
        self._settings = settings
        self._find = _way(settings)
        self._report = report
        self._thread = OneThread("server search")
        self._hold: Hold | None = None
        self._search: asyncio.Task[None] | None = None

    def attach(self, remembered: Identity | None) -> None:
        """Look for the server. → Appeared; or Absent, with each new reason, and Appeared once it is there."""
        self._search = spawn(self._seek(remembered), "server search")

    def start(self, _: Start) -> NoReturn:
        """Never: the core is told that this server cannot be started (`Abilities`)."""
        raise AssertionError("a start was ordered of a server that only others can start")

    def restart(self, _: Restart) -> NoReturn:
        """Never: the core is told that nothing else would start this server again (`Abilities`)."""
        raise AssertionError("a restart was ordered of a server without a supervisor")

    def signal(self, action: Signal) -> None:
        """Send a signal to exactly this process. → nothing, or SignalFailed."""
        deliver(self._hold, action, self._report)

    async def close(self) -> None:
        """Let go of the server, which runs on."""
        if self._hold is not None:
            self._hold.release()
            self._hold = None
        if self._search is not None:
            self._search.cancel()
            await asyncio.gather(self._search, return_exceptions=True)

    async def _seek(self, known: Identity | None) -> None:
        """Look at once, and then again and again, until the server is held for certain."""
        told = None
        while self._hold is None:
            look = await self._look(known)
            held = self._held(look.found)
            if not isinstance(held, Unknown):
                self._keep(held)
                break
            if held.why != told:
                told = held.why
                self._report(Absent(told, alive=look.known))
            known = look.known
            await asyncio.sleep(look.pause)
        if self._settings.match:
            await self._doubt()

    async def _doubt(self) -> None:
        """One without the port may be a script that is yet to start the server: who gets the port is it."""
        port = self._settings.port
        while (held := self._hold) is not None:
            if await self._thread.call(partial(listens, held.identity, port)):
                break
            look = await self._look(held.identity)
            other = held if look.found == held.identity else self._held(look.found)
            if not isinstance(other, Unknown) and other is not held:
                held.release()
                why = f"pid {held.identity.pid} is none: pid {other.identity.pid} listens on port {port}"
                self._report(Absent(why, alive=held.identity))
                self._keep(other)
            await asyncio.sleep(look.pause)

    async def _look(self, known: Identity | None) -> _Look:
        return await self._thread.call(partial(_look, self._find, known))

    def _keep(self, held: Hold) -> None:
        self._hold = held
        self._report(Appeared(held.identity, adopted=True, age=age(held.identity.started)))

    def _held(self, found: Found) -> Hold | Unknown:
        """Hold who was found from now on, or say why that cannot be."""
        if isinstance(found, Unknown):
            return found
        try:
            return hold(found, partial(self._ended, found))
        except ProcessLookupError:
            return Unknown(f"pid {found.pid} has just ended")
        except OSError as error:  # out of descriptors, say
            return Unknown(f"pid {found.pid} cannot be held: {why(error)}")

    def _ended(self, identity: Identity, ended: Ended) -> None:
        self._hold = None
        if self._search is not None:
            self._search.cancel()
        self._search = spawn(self._seek(None), "server search")
        self._report(Exited(identity, ended))


def _way(settings: FoundSettings) -> Callable[[Identity | None], Found]:
    if settings.pidfile is not None:
        return partial(by_pidfile, settings.pidfile)
    if settings.match:
        return partial(by_match, settings.match, settings.port)
    return partial(by_port, settings.port)


def _look(find: Callable[[Identity | None], Found], known: Identity | None) -> _Look:
    """One look, in a thread."""
    began = time.thread_time()
    try:
        if known is not None and started(known.pid) != known.started:
            known = None
        found = find(known)
    except OSError as error:
        found = known or Unknown(f"it cannot be looked for: {why(error)}")
    took = time.thread_time() - began
    return _Look(found, known, max(_INTERVAL, took / _SHARE))
