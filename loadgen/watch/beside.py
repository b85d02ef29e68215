"""The generator's side of its watcher: what that sees goes into the result file, on the run's time axis."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic

import msgspec

from loadgen import results
from loadgen.results import Second
from loadgen.watch import messages
from loadgen.watch.messages import Job, Note, Said
from loadgen.watched import Mark, Sample, Server

_COMES_WITHIN = 8.0
"""Seconds for which a run waits for its watcher: an interpreter's start on a busy machine, and to spare."""
Write = Callable[[results.Line], None]
_GOES_WITHIN = 8.0
"""Seconds from the end of a run until its watcher is killed: a sidecar may take two for each answer."""


class _Beside:
    """Passes lines on, from the run and from its watcher."""

    def __init__(self, write: Write, note: Callable[[str], None]) -> None:
        self._write = write
        self._note = note
        self._began: float | None = None
        """When the run did (`time.monotonic`): only its seconds tell, the first of them soonest."""
        self._waiting: list[Server | Sample | Mark] = []
        self.there = Event()
        """The watcher has said something, or will say nothing."""

    def write(self, line: results.Line) -> None:
        """A line of the run's own."""
        if isinstance(line, Second) and self._began is None:
            self._began = monotonic() - line.at
        self._write(line)

    def hear(self, lines: Iterator[bytes]) -> None:
        """All that the watcher says; in a thread of its own."""
        for line in lines:
            with suppress(msgspec.DecodeError):  # the half line of one that was killed
                self._heard(messages.said(line))
            self.there.set()
        self.there.set()

    def _heard(self, said: Said) -> None:
        match said:
            case Note(text=text):
                self._note(text)
            case Server() | Sample() | Mark():
                self._waiting.append(said)
                if self._began is not None:
                    self._flush(self._began)

    def end(self, began: float) -> None:
        """What still waits, of a run without a second: on an axis from this moment."""
        self._flush(began if self._began is None else self._began)

    def _flush(self, began: float) -> None:
        for line in self._waiting:
            moments = {name: getattr(line, name, None) for name in ("at", "until")}
            moved = {name: round(at - began, 3) for name, at in moments.items() if at is not None}
            self._write(msgspec.structs.replace(line, **moved))
        self._waiting.clear()


@contextmanager
def beside(job: Job | None, write: Write, note: Callable[[str], None]) -> Iterator[Write]:
    """While a run lasts, have its server watched; all its lines are to be given to what this gives.

    `write` and `note` (a sentence for people) are called from another thread, too. Leaving waits for what is
    told of the end, `_GOES_WITHIN` at most.
    """
    if job is None:
        yield write
        return
    entered = monotonic()
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "loadgen.watch"]
    # Ctrl-C is not for it: the end of the run is its own.
    watcher = subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True)  # noqa: S603
    assert watcher.stdin and watcher.stdout  # noqa: S101, PT018 - they are pipes
    one = _Beside(write, note)
    hearing = Thread(target=one.hear, args=(watcher.stdout,), name="watch", daemon=True)
    hearing.start()
    try:
        with suppress(BrokenPipeError):
            watcher.stdin.write(messages.encode(job))
            watcher.stdin.flush()
        one.there.wait(_COMES_WITHIN)  # it takes a core to start: not one that the load needs by then
        yield one.write
    finally:
        with suppress(BrokenPipeError):
            watcher.stdin.close()
        try:
            watcher.wait(_GOES_WITHIN)
        except subprocess.TimeoutExpired:
            watcher.kill()
            watcher.wait()
            note("the watching did not end in time; what happened at the end of the run may be missing")
        hearing.join()
        watcher.stdout.close()
        one.end(entered)
