"""Performs ``Collect``: a bundle off the event loop, and its report in time, whatever hangs."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import msgspec
import structlog

from fermatkit.measures import Unknown
from sidecar.actuators.evidence.bundle import Bundle, rotate
from sidecar.actuators.evidence.lanes import Lanes, reason
from sidecar.actuators.evidence.plan import Recent, Server, left, plan
from sidecar.core.actions import Collect
from sidecar.core.nouns import Ended
from sidecar.core.observations import Collected, Report
from sidecar.tasks import Tasks

log = structlog.get_logger("sidecar.evidence")

_FOR_READING = 0.75
"""The share of the budget that the parts may take; the rest is for the disk."""
_FOR_THE_DEAD = 0.25
"""The share of all bundles' room that those of the dead may take: a server that crashes again and again is
not to push out what was gathered of living ones, which tells more and comes less often."""
_SOONER = 0.05
"""Seconds by which a JVM is given up before all else, so that its own reason is told."""


class EvidenceSettings(msgspec.Struct, frozen=True):
    """What is looked at, where it is kept, and what it may cost."""

    directory: Path
    """Where the bundles are."""
    server: Server
    budget: float = 2.0
    """Seconds from the order to its report: the server is down for its clients meanwhile."""
    bundle_limit: int = 20 * 2**20
    """Bytes of one bundle."""
    total_limit: int = 200 * 2**20
    """Bytes of all bundles; the oldest are removed."""


class _Result(msgspec.Struct, frozen=True):
    bundle: str
    missing: tuple[str, ...]


class _Summary(msgspec.Struct):
    """What ``summary.json`` says: the index of a bundle."""

    label: str
    pid: int
    started: int
    """In the kernel's count, as ever."""
    began: str
    """UTC."""
    ended: Ended | None
    """How it died, if it has."""
    took: float
    """Seconds."""
    files: dict[str, int]
    """Bytes by name."""
    missing: dict[str, str]
    """What could not be had, wholly or in part, and why."""
    none: list[str]
    """What there is none of, and nothing wrong with that."""


class Collector:
    """One bundle at a time, each in a thread of its own: one that hangs is left behind."""

    def __init__(self, settings: EvidenceSettings, recent: Recent, report: Report) -> None:
        self._settings = settings
        self._recent = recent
        self._report = report
        self._lanes = Lanes()
        self._writing = threading.Lock()
        self._tasks = Tasks()

    def collect(self, action: Collect) -> None:
        """Put a bundle together. → Collected, once, within the budget."""
        self._tasks.spawn(self._collect(action), "evidence")

    async def close(self) -> None:
        """Give up what is under way, unreported; a bundle half written keeps the name that says so."""
        await self._tasks.close()

    async def _collect(self, action: Collect) -> None:
        began = time.monotonic()
        result: Future[_Result] = Future()
        try:
            threading.Thread(
                target=self._work, args=(action, began, result), name="evidence", daemon=True
            ).start()
        except RuntimeError as error:  # the limit of threads
            result.set_result(_nothing(str(error)))
        waiting = asyncio.wrap_future(result)
        await asyncio.wait({waiting}, timeout=began + self._settings.budget - time.monotonic())
        if waiting.done():
            done = waiting.result()
        else:
            done = _nothing(f"{self._settings.directory}: not written within {self._settings.budget:g} s")
        # An incident that is over by now tells of it no more.
        log.info("evidence gathered", pid=action.identity.pid, bundle=done.bundle, missing=done.missing)
        self._report(Collected(action.identity, done.bundle, done.missing, time.monotonic() - began))

    def _work(self, action: Collect, began: float, result: Future[_Result]) -> None:
        """The thread: tells its result first, and then makes room for the next bundle."""
        if not self._writing.acquire(timeout=self._settings.budget):
            return  # the one before hangs with the disk; by now this one is reported as not written
        try:
            result.set_result(self._write(action, began))
            self._make_room(action)
        except OSError as error:
            result.set_result(_nothing(reason(error)))
        except Exception as error:  # noqa: BLE001 - it is raised where the result is awaited
            result.set_exception(error)
        finally:
            self._writing.release()

    def _make_room(self, action: Collect) -> None:
        directory, limit = self._settings.directory, self._settings.total_limit
        try:
            if action.ended is not None:
                rotate(directory, int(limit * _FOR_THE_DEAD), f"*Z-{action.label}*")
            rotate(directory, limit)
        except OSError as error:
            log.warning("old evidence not looked through", directory=str(directory), why=error.strerror)

    def _write(self, action: Collect, began: float) -> _Result:
        settings, wall = self._settings, time.time()
        deadline = began + settings.budget * _FOR_READING
        bundle = Bundle(settings.directory, action.label, wall, settings.bundle_limit)
        missing: dict[str, str] = {}
        none: list[str] = []
        planned = plan if action.ended is None else left
        parts = planned(action.identity, settings.server, self._recent, deadline - _SOONER)
        for name, content in self._lanes.read(parts, deadline):
            if content is None:
                none.append(name)
            elif isinstance(content, Unknown):
                missing[name] = content.why
            elif why := bundle.add(name, content):
                missing[name] = why
        summary = _Summary(
            label=action.label,
            pid=action.identity.pid,
            started=action.identity.started,
            began=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wall)),
            ended=action.ended,
            took=round(time.monotonic() - began, 3),
            files=bundle.files,
            missing=missing,
            none=none,
        )
        if why := bundle.finish(msgspec.json.format(msgspec.json.encode(summary))):
            missing["summary.json"] = why
        return _Result(str(bundle.path), tuple(_line(name, why) for name, why in sorted(missing.items())))


def _nothing(why: str) -> _Result:
    return _Result("", (_line("everything", why),))


def _line(name: str, why: str) -> str:
    return " ".join(f"{name}: {why}".split())
