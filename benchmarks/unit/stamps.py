"""When each supervisor says that it has seen a death: by its own stamps, read when all is over."""

from __future__ import annotations

import json
import subprocess
from bisect import bisect_left
from dataclasses import dataclass

from benchmarks.unit.ways import Way
from sidecar.core.observations import Exited, Seen
from sidecar.store import recorded

_SENT = "_SOURCE_REALTIME_TIMESTAMP"
"""What was printed has none, only what was sent: of a message that came both ways, the better stamp."""


@dataclass(frozen=True)
class Kill:
    """One kill -9, on both clocks."""

    pid: int
    monotonic: float
    wall: float
    until: float
    """On the wall's clock, when the next server listened: what is said later is of another death."""


def seen(way: Way, kills: list[Kill]) -> list[float]:
    """Milliseconds from each kill; those that nothing was said of are left out."""
    return _recorded(way, kills) if way.recording else _logged(way, kills)


def _recorded(way: Way, kills: list[Kill]) -> list[float]:
    """The observation's own time, on the clock of the whole machine."""
    assert way.recording is not None
    ends = {
        line.what.identity.pid: line.at
        for line in recorded.read(way.recording, print)
        if isinstance(line, Seen) and isinstance(line.what, Exited)
    }
    return [(ends[kill.pid] - kill.monotonic) * 1000 for kill in kills if kill.pid in ends]


def _logged(way: Way, kills: list[Kill]) -> list[float]:
    """The kernel's stamp of the message to the journal: microseconds, and no later than its sending."""
    field, value = way.tells
    command = ["journalctl", "-o", "json", "--no-pager", "-q", f"{field}={value}"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    entries = [json.loads(line) for line in printed.splitlines()]
    told = [entry for entry in entries if _SENT in entry and way.words in str(entry["MESSAGE"])]
    times = sorted(int(entry[_SENT]) / 1e6 for entry in told)
    took = []
    for kill in kills:
        index = bisect_left(times, kill.wall)
        if index < len(times) and times[index] <= kill.until:
            took.append((times[index] - kill.wall) * 1000)
    return took
