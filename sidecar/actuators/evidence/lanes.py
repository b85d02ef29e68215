"""Reads many things at once, any of which may hang: what has not come by the deadline is named, and left."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import structlog

from fermatkit.measures import Unknown

log = structlog.get_logger("sidecar.evidence")


class Part(msgspec.Struct, frozen=True):
    """One file of a bundle."""

    name: str
    read: Callable[[], bytes | None]
    """Its content; None if it is well that there is none. OSError says why it cannot be had."""


Outcome = tuple[str, bytes | Unknown | None]
"""The name of a part, and what became of it."""
Plan = Mapping[str, Sequence[Part]]
"""Lanes by name: a lane's parts are read one after another, for where one hangs the next would, too."""


class Lanes:
    """Each lane is a thread, left behind when it hangs; then it is not started again as long as it does."""

    def __init__(self) -> None:
        self._busy: set[str] = set()

    def read(self, plan: Plan, deadline: float) -> Iterator[Outcome]:
        """Every part once: as it comes, or by the deadline (monotonic seconds) as unknown."""
        outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        waiting = {part.name for parts in plan.values() for part in parts}
        for lane, parts in plan.items():
            self._start(lane, parts, outcomes)
        while waiting:
            try:
                name, content = outcomes.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            waiting.remove(name)
            yield name, content
        for name in sorted(waiting):
            yield name, Unknown("did not come in time")

    def _start(self, lane: str, parts: Sequence[Part], outcomes: queue.SimpleQueue[Outcome]) -> None:
        why = "still hangs since an earlier bundle"
        if lane not in self._busy:
            self._busy.add(lane)
            thread = threading.Thread(
                target=self._run, args=(lane, parts, outcomes), name=f"evidence: {lane}", daemon=True
            )
            try:
                thread.start()
            except RuntimeError as error:  # the limit of threads: the trouble itself, perhaps
                self._busy.discard(lane)
                why = str(error)
            else:
                return
        for part in parts:
            outcomes.put((part.name, Unknown(why)))

    def _run(self, lane: str, parts: Sequence[Part], outcomes: queue.SimpleQueue[Outcome]) -> None:
        for part in parts:
            outcomes.put((part.name, _read(part)))
        self._busy.discard(lane)


def _read(part: Part) -> bytes | Unknown | None:
    try:
        return part.read()
    except OSError as error:
        return Unknown(reason(error))
    except Exception as error:  # a mistake of ours must not keep a hung server from its restart
        log.exception("part of the evidence failed", part=part.name)
        return Unknown(f"a mistake of ours: {error!r}")


def reason(error: OSError) -> str:
    """What the operating system said, and of which file."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"
