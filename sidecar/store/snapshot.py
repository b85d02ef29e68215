"""The memory as one JSON file."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import msgspec

from fermatkit.process import started
from sidecar.core.actions import Save
from sidecar.core.memory import Memory
from sidecar.core.observations import Report, Saved, SaveFailed
from sidecar.store.files import UNREADABLE, log, set_aside, write
from sidecar.tasks import OneThread

SCHEMA = 1
"""Counts up when an older `Memory` cannot be read as the new one."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")
"""One of its own for each time that the machine is up (random(4)); containers on it share that."""
_PATIENCE = 3.0
"""Seconds that a farewell waits for the disk."""


class _Label(msgspec.Struct):
    schema: int


class _Snapshot(msgspec.Struct):
    schema: int
    memory: Memory
    boot: str = ""
    """When it was saved; "" where that cannot be known."""


def load(path: Path) -> Memory | None:
    """What an earlier sidecar saved; None without one. A file that cannot be read is set aside.

    An identity is one for as long as the machine is up: a reboot is nobody's death, and a newcomer may have
    the same numbers.
    """
    try:
        content = path.read_bytes()
        schema = msgspec.json.decode(content, type=_Label).schema
        if schema == SCHEMA:
            found = msgspec.json.decode(content, type=_Snapshot)
            same = found.boot in ("", _boot())
            return found.memory if same else msgspec.structs.replace(found.memory, identity=None)
        why = f"its schema is {schema}, ours is {SCHEMA}"
    except FileNotFoundError:
        return None
    except OSError as error:
        why = str(error.strerror)
    except UNREADABLE as error:
        why = str(error)
    set_aside(path, why)
    return None


class Saver:
    """Performs `Save`, one at a time: a newer one replaces one that still waits for the disk."""

    def __init__(self, path: Path, report: Report) -> None:
        self._path = path
        self._report = report
        self._waiting: Save | None = None
        self._writing: asyncio.Future[None] | None = None
        self._thread = OneThread("save")
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

    def _write(self) -> None:
        action, self._waiting = self._waiting, None
        if action is None:
            return
        self._writing = self._thread.call(partial(_write, self._path, action.memory))
        self._writing.add_done_callback(lambda written: self._written(action.revision, written))

    def _written(self, revision: int, written: asyncio.Future[None]) -> None:
        self._writing = None
        self._write()
        try:
            written.result()
        except OSError as error:
            self._log(str(error.strerror))
            self._report(SaveFailed(revision, f"{self._path}: {error.strerror}"))
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


def _write(path: Path, memory: Memory) -> None:
    write(path, msgspec.json.encode(_Snapshot(SCHEMA, memory, _boot())))


def _boot() -> str:
    """Of the machine, and of the container that we may be in: the start of its first process."""
    try:
        return f"{_BOOT.read_text().strip()}/{_first()}"
    except OSError:
        return ""


def _first() -> int | None:
    """None where /proc hides it: then the machine's own start has to do."""
    try:
        return started(1)
    except PermissionError:
        return None
