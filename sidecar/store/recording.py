"""All that was seen, on the disk: what a replay decides again from. The watching never waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from sidecar.core.engine import State
from sidecar.core.observations import Seen
from sidecar.core.policy import Policy
from sidecar.core.replay import Opening
from sidecar.store.recorded import SCHEMA, opening_line, seen_line
from sidecar.store.rotation import Rotation
from sidecar.tasks import until_calm

log = structlog.get_logger("sidecar.store")

_BATCH = 256
"""Lines that are written at once."""
_WAITING = 2000
"""Observations (minutes of them) that wait for a disk that is full or slow; what comes then is lost."""
_PATIENCE = 3.0
"""Seconds that a farewell waits for the disk."""


class RecordingSettings(msgspec.Struct, frozen=True):
    """Where to, and how much."""

    directory: Path
    version: str
    host: str
    file_size: int = 4 * 2**20
    """Bytes before a file is packed and the next begun."""
    total: int = 64 * 2**20
    """Bytes of all files together; beyond it the oldest are removed. A quiet day takes 8 MiB (55 as text)."""
    beat: float = 2.0
    """Seconds between two writes: what a kill -9 of the sidecar may cost."""


class _Entry(NamedTuple):
    number: int
    seen: Seen
    before: State
    policy: Policy


class Recorder:
    """Takes observations on the event loop, and writes them in a thread of its own.

    Each has a number; where the number that is written next is not the one after the last (the queue was
    full, or a new file begins), or which is decided by another policy, an opening with the state of that
    moment is written before it.
    """

    def __init__(self, settings: RecordingSettings, policy: Policy) -> None:
        self._settings = settings
        self._policy = policy
        self._number = 0
        self._waiting: deque[_Entry] = deque()
        self._open = threading.Lock()
        """Held until the end: an Event waits for that by Python code, and each second."""
        self._open.acquire()
        self._rotation = Rotation(settings.directory, settings.file_size, settings.total)
        self._life: int | None = None
        self._next: int | None = None
        """The number of the observation that needs no opening; None at the beginning of a file."""
        self._opened = policy
        """That of the last opening."""
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    def record(self, seen: Seen, before: State) -> None:
        """Keep this, and the state that it met. Costs the event loop a microsecond, and never blocks it."""
        if len(self._waiting) < _WAITING:
            self._waiting.append(_Entry(self._number, seen, before, self._policy))
        self._number += 1

    def obey(self, policy: Policy) -> None:
        """From now on it is decided by this."""
        self._policy = policy

    async def close(self, patience: float = _PATIENCE) -> None:
        """Write what waits; after `patience` seconds it is given up."""
        self._open.release()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join, patience)

    def _run(self) -> None:
        while not self._open.acquire(timeout=until_calm(self._settings.beat)):
            self._drain()
        self._drain()
        self._rotation.close()

    def _drain(self) -> None:
        try:
            while count := min(len(self._waiting), _BATCH):
                self._write([self._waiting[index] for index in range(count)])
                for _ in range(count):
                    self._waiting.popleft()
        except OSError as error:
            if not self._failing:
                log.warning("recording fails", file=str(self._settings.directory), why=error.strerror)
            self._failing = True
        else:
            if self._failing:
                log.warning("recording again", file=str(self._settings.directory))
            self._failing = False

    def _write(self, entries: list[_Entry]) -> None:
        """All of them, or OSError and none."""
        if self._rotation.full:
            number = self._rotation.begin()
            self._life, self._next = self._life or number, None
        lines: list[bytes] = []
        following, opened = self._next, self._opened
        for number, seen, before, policy in entries:
            try:
                line = seen_line(seen)
            except UnicodeEncodeError:
                continue  # one that cannot be written is a lost one: the next has an opening
            if number != following or policy != opened:
                lines.append(self._opening(number, before, policy))
                opened = policy
            lines.append(line)
            following = number + 1
        self._rotation.append(b"".join(lines))
        self._next, self._opened = following, opened

    def _opening(self, number: int, before: State, policy: Policy) -> bytes:
        assert self._life is not None  # noqa: S101 - there is a file; mypy has to see it
        settings = self._settings
        return opening_line(
            Opening(SCHEMA, settings.version, settings.host, self._life, number, policy, before)
        )
