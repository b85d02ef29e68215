"""The log: lines to stderr, by a thread, so that a pipe that nobody reads cannot hold up the watching."""

from __future__ import annotations

import atexit
import io
import logging
import os
import sys
import threading
from queue import SimpleQueue

import msgspec
import structlog

MOST = 1000
"""Lines that wait for their reader; what comes beyond them is lost, and counted."""
_FAREWELL = 1.0
"""Seconds that the end of the program waits for the last lines."""

log = structlog.get_logger("sidecar.log")


def start() -> None:
    """Log for a person at a terminal in words, for a machine in JSON; from now on all of stderr goes here."""
    person = sys.stderr.isatty()
    lines = Lines(sys.stderr.fileno())
    sys.stderr = lines  # tracebacks and other libraries' warnings could block, too
    atexit.register(lines.drain)
    shown: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if person else structlog.processors.JSONRenderer(_json)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=not person),
            structlog.processors.dict_tracebacks if not person else structlog.processors.StackInfoRenderer(),
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(lines),  # type: ignore[arg-type]  # it writes, no more
        cache_logger_on_first_use=True,
    )


def _json(event: object, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


class Lines(io.TextIOBase):
    """A text file that never blocks: whole lines wait for a thread that writes them to a descriptor.

    The thread writes past Python's own file objects: one that is stuck in theirs would hold their lock at
    the end of the program.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: SimpleQueue[str | None] = SimpleQueue()
        self._part = ""
        self._lost = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Take it; the thread has it when its line is complete."""
        with self._lock:
            self._part += text
            if self._part.endswith("\n"):
                if self._waiting.qsize() < MOST:
                    self._waiting.put(self._part)
                else:
                    self._lost += 1
                self._part = ""
        return len(text)

    def drain(self, patience: float = _FAREWELL) -> None:
        """Wait until everything is written, so many seconds at most. Nothing is written after that."""
        self._waiting.put(None)
        self._thread.join(patience)

    def _run(self) -> None:
        while (line := self._waiting.get()) is not None:
            if self._written(line) and self._lost and self._waiting.qsize() <= MOST // 2:
                with self._lock:
                    lost, self._lost = self._lost, 0
                log.warning("lines of this log were lost: nobody read it", lines=lost)

    def _written(self, line: str) -> bool:
        """Write it; where that cannot be (a closed pipe, a full disk) it is lost, and that is all."""
        rest = line.encode(errors="backslashreplace")
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            with self._lock:
                self._lost += 1
            return False
        return True
