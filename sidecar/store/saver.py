"""Performs ``Save``: off the event loop, and again from the beginning after each failure."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from sidecar.core.actions import Save
from sidecar.core.memory import Memory
from sidecar.core.observations import Report, Saved, SaveFailed
from sidecar.store.database import FAILURES, Database, opened, reason
from sidecar.store.files import log
from sidecar.tasks import OneThread

_PATIENCE = 3.0
"""Seconds that a farewell waits for the disk."""


class Saver:
    """Saves one memory at a time: a newer one replaces one that still waits for the disk."""

    def __init__(self, path: Path, report: Report) -> None:
        self._path = path
        self._report = report
        self._waiting: Save | None = None
        self._writing: asyncio.Future[None] | None = None
        self._thread = OneThread("save")
        self._database: Database | None = None
        """The thread's own."""
        self._failing = False

    def save(self, action: Save) -> None:
        """Make this last. → Saved or SaveFailed; nothing if a newer one comes before its turn."""
        self._waiting = action
        if self._writing is None:
            self._write()

    async def close(self, patience: float = _PATIENCE) -> None:
        """Wait until all is saved, `patience` seconds at most."""
        until = asyncio.get_running_loop().time() + patience
        while self._writing and (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait({self._writing}, timeout=left)
        if self._writing is None:
            await asyncio.wait({self._thread.call(self._let_go)}, timeout=patience)

    def _write(self) -> None:
        action, self._waiting = self._waiting, None
        if action is None:
            return
        self._writing = self._thread.call(partial(self._make_last, action.memory))
        self._writing.add_done_callback(lambda written: self._written(action.revision, written))

    def _written(self, revision: int, written: asyncio.Future[None]) -> None:
        self._writing = None
        self._write()
        try:
            written.result()
        except FAILURES as error:
            self._log(reason(error))
            self._report(SaveFailed(revision, f"{self._path}: {reason(error)}"))
        else:
            self._log("")
            self._report(Saved(revision))

    def _log(self, why: str) -> None:
        """One line when saving begins to fail and one when it works again: it is tried every few seconds."""
        if why and not self._failing:
            log.warning("memory not saved, trying again", file=str(self._path), why=why)
        elif self._failing and not why:
            log.info("memory saved again", file=str(self._path))
        self._failing = bool(why)

    def _make_last(self, memory: Memory) -> None:
        try:
            if self._database is not None and not self._database.in_place:
                self._let_go()
            if self._database is None:
                self._database = opened(self._path)
            self._database.write(memory)
        except FAILURES:  # how much of it the disk has is to be read from the disk
            self._let_go()
            raise

    def _let_go(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
