"""When each beat came and each death was seen: the sidecar's own stamps, and those of the loop beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sidecar.core.observations import Exited, Sampled, Seen
from sidecar.store import recorded


@dataclass
class Stamps:
    """Monotonic seconds."""

    beats: list[float] = field(default_factory=list)
    missed: list[float] = field(default_factory=list)
    """When those beats were due that never came."""
    deaths: dict[int, float] = field(default_factory=dict)
    """By pid."""

    def beat(self, at: float, last: float | None) -> float:
        """One more, and the last before it in an unbroken row."""
        self.beats.append(at)
        if last is not None:
            self.missed += map(float, range(int(last) + 1, int(at)))
        return at


def of_sidecar(recording: Path) -> Stamps:
    """Beats are the samples of the process, but for the first of each, which comes at once."""
    return sampled(line for line in recorded.read(recording, print) if isinstance(line, Seen))


def sampled(lines: Iterable[Seen]) -> Stamps:
    """Of these alone."""
    stamps, known, last = Stamps(), 0, None
    for line in lines:
        if isinstance(line.what, Exited):
            stamps.deaths[line.what.identity.pid] = line.at
        elif isinstance(line.what, Sampled):
            pid = line.what.identity.pid
            last = stamps.beat(line.at, last) if pid == known else None
            known = pid
    return stamps


def of_beside(output: Path) -> Stamps:
    """As `beside` prints them."""
    stamps, last = Stamps(), None
    for kind, at, *pid in map(json.loads, output.read_text().splitlines()):
        if kind == "beat":
            last = stamps.beat(at, last)
        else:
            stamps.deaths[pid[0]] = at
    return stamps


def late(beats: list[float]) -> list[float]:
    """Milliseconds after the whole second at which each was due."""
    return [at % 1.0 * 1000 for at in beats]
