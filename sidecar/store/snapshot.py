"""The memory on the disk: read once at the start, written whole at each change, by one thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import structlog

from sidecar.core.actions import Save
from sidecar.core.memory import Memory
from sidecar.core.observations import Report, Saved, SaveFailed
from sidecar.store.files import replace, set_aside
from sidecar.tasks import spawn

SCHEMA = 1
"""Of the file; another number is not understood."""

log = structlog.get_logger("sidecar.store")


class _File(msgspec.Struct, frozen=True):
    schema: int
    memory: Memory


def load(path: Path) -> Memory | None:
    """What was saved last; None when there is nothing, or nothing that can be understood.

    A file that cannot be understood is set aside. One that cannot be read at all is an OSError: going
    on without it would forget who is owed a message.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        file = msgspec.json.decode(content, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("memory set aside", file=str(set_aside(path)), why=str(error))
        return None
    if file.schema != SCHEMA:
        log.warning("memory set aside", file=str(set_aside(path)), why=f"schema {file.schema}, not {SCHEMA}")
        return None
    return file.memory


class Saver:
    """Performs ``Save``: one at a time; of those that wait only the newest is written."""

    def __init__(self, path: Path, report: Report) -> None:
        self._path = path
        self._report = report
        self._thread = ThreadPoolExecutor(1, "save")
        self._waiting: Save | None = None
        self._writing: asyncio.Task[None] | None = None

    def save(self, action: Save) -> None:
        """Make it last. → Saved or SaveFailed, for this revision or a newer one."""
        self._waiting = action
        if self._writing is None:
            self._writing = spawn(self._write(), "save")

    async def flush(self, patience: float) -> bool:
        """Wait at most so many seconds until nothing is left to be written; tell whether that is so."""
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=patience)
        self._thread.shutdown(wait=False)
        return self._writing is None

    async def _write(self) -> None:
        while (save := self._waiting) is not None:
            self._waiting = None
            content = msgspec.json.encode(_File(SCHEMA, save.memory))
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, replace, self._path, content)
            except OSError as error:
                self._report(SaveFailed(save.revision, error.strerror or str(error)))
            else:
                self._report(Saved(save.revision))
        self._writing = None
