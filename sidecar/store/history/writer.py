"""Takes each second from what is published, and writes it in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from pathlib import Path

from sidecar.core.engine import State
from sidecar.core.stories import Incident
from sidecar.store.database import BESIDE, FAILURES, Unusable, reason
from sidecar.store.files import log, move_aside
from sidecar.store.history.file import HistoryFile
from sidecar.store.history.moments import Kept, Moment, Start, Taking, filled
from sidecar.tasks import until_calm

BEAT = 10.0
"""Seconds between two writes: what a kill -9 may cost."""
_WAITING = 600
"""What waits for a disk that hangs: minutes of it; what comes then is lost."""
_UNWRITTEN = 300
"""Seconds that wait for a disk that is full; what is older is lost."""
_PATIENCE = 3.0
"""Seconds that a farewell waits for the disk."""


class History:
    """Kept on the event loop, written in the thread."""

    def __init__(self, path: Path, beat: float = BEAT) -> None:
        self._path = path
        self._beat = beat
        self._taking = Taking()
        self._waiting: deque[Kept] = deque()
        self._batch = _Batch()
        self._file: HistoryFile | None = None
        self._checked = False
        self._trouble = ""
        self._open = threading.Lock()
        """Held until the end, as in `Recorder`."""
        self._open.acquire()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def keep(self, state: State) -> None:
        """Keep what this state adds."""
        for one in self._taking.take(state):
            self._wait(one)

    async def close(self, patience: float = _PATIENCE) -> None:
        """Write what waits; after `patience` seconds it is given up."""
        for one in self._taking.rest():
            self._wait(one)
        self._open.release()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join, patience)

    def _wait(self, one: Kept) -> None:
        if len(self._waiting) < _WAITING:
            self._waiting.append(one)

    def _run(self) -> None:
        self._write()  # from now on there is one to be read
        while not self._open.acquire(timeout=until_calm(self._beat)):
            self._write()
        self._write()
        self._let_go()

    def _write(self) -> None:
        """What waits is written, or waits for the next time."""
        while self._waiting:
            self._batch.add(self._waiting.popleft())
        try:
            self._batch.written_to(self._opened())
        except FAILURES as error:
            self._let_go()
            self._told(error)
        else:
            self._told(None)

    def _opened(self) -> HistoryFile:
        if self._file is not None and not self._file.in_place:
            self._let_go()
        if self._file is None:
            try:
                self._file = HistoryFile(self._path, check=not self._checked)
            except Unusable as error:
                move_aside(self._path, str(error), *BESIDE)
                self._file = HistoryFile(self._path)
            self._checked = True
        return self._file

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _told(self, error: Exception | None) -> None:
        """One line for each trouble when it begins, and one when it is over."""
        why = "" if error is None else reason(error)
        if why and why != self._trouble:
            log.warning("history not written, trying again", file=str(self._path), why=why)
        elif self._trouble and not why:
            log.info("history written again", file=str(self._path))
        self._trouble = why


class _Batch:
    """What is not written yet; of an incident that has grown the newest."""

    def __init__(self) -> None:
        self._moments: deque[Moment] = deque(maxlen=_UNWRITTEN)
        self._stories: dict[tuple[int, float], Incident] = {}
        self._starts: deque[Start] = deque(maxlen=_UNWRITTEN)
        self._last: Moment | None = None

    def add(self, one: Kept) -> None:
        """One thing more."""
        match one:
            case Moment():
                self._moments.extend(filled(self._last, [one]))
                self._last = one
            case Incident():
                self._stories[one.number, one.opened] = one
            case Start():
                self._starts.append(one)

    def written_to(self, file: HistoryFile) -> None:
        """All of it, or FAILURES and none."""
        file.write(self._moments, self._stories.values(), self._starts)
        self._moments.clear()
        self._stories.clear()
        self._starts.clear()
