"""Machines in trouble: one must not be made, so its files of /proc are recorded ones.

The readings are what the real probe makes of those files; the server and the clock are the core's playbook.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil

from fermatkit import host
from fermatkit.measures import Eater, Measure, Reading
from sidecar.core.engine import State
from sidecar.core.nouns import Ended, Identity, Trouble
from sidecar.core.observations import Appeared, HostSampled
from sidecar.core.replay import Opening
from sidecar.store.recorded import SCHEMA, opening_line, seen_line
from support.playbook import Playbook

FILES = Path(__file__).parents[1] / "fermatkit" / "recordings"
APART = 4.0
"""Seconds between two samples: with more of them in between the sidecar would count as away."""
WELL = 2
"""Samples of a healthy machine before it falls ill."""
OVERLOADED = "19.10 18.85 14.64 21/137 1848\n"


class Machine(NamedTuple):
    """One that falls ill for a while, and its server with it."""

    name: str
    files: str
    findings: tuple[Trouble, ...]
    loadavg: str = ""
    """Instead of the one in its files."""
    ill: int = 25
    """Samples until its server falls silent: each rule has its "for"."""

    def recording(self) -> bytes:
        """Well, ill, silent and held, well again and restarted: as a sidecar would record it."""
        book = Playbook()
        server = book.boots()
        self._sees(book, "healthy", WELL)
        self._sees(book, self.files, self.ill)
        book.falls_silent(server)
        self._sees(book, self.files, 10)
        self._sees(book, "healthy", 1)
        book.dies(server, Ended(code=143))
        successor = Identity(server.pid + 1, server.started + 1)
        book.sees(Appeared(successor, adopted=False))
        book.proves(successor)
        opening = Opening(SCHEMA, "0.1.0", "example", 1, 0, book.policy, State())
        lines = opening_line(opening) + b"".join(seen_line(seen) for seen, _ in book.past)
        return lines.replace(str(FILES).encode(), b"/example")  # why something could not be read

    def _sees(self, book: Playbook, files: str, samples: int) -> None:
        readings = self._readings(files)
        eater = biggest(FILES / files) if host.is_low(readings) else None
        for _ in range(samples):
            book.waits(APART)
            book.sees(HostSampled(readings, eater))

    def _readings(self, files: str) -> dict[Measure, Reading]:
        before = msgspec.structs.replace(host.snapshot(FILES / "healthy-0"), at=100.0)
        after = msgspec.structs.replace(host.snapshot(FILES / files), at=105.0)
        if self.loadavg and files == self.files:
            after = msgspec.structs.replace(after, loadavg=self.loadavg)
        return host.readings(after, before)


def biggest(proc: Path) -> Eater | None:
    """Who has most RAM, of the processes of a recorded /proc."""
    if not any(one.name.isdigit() for one in proc.iterdir()):
        return None  # none was recorded
    before = psutil.PROCFS_PATH
    psutil.process_iter.cache_clear()  # type: ignore[attr-defined]
    try:
        psutil.PROCFS_PATH = str(proc)
        return host.biggest(but=0)
    finally:
        psutil.PROCFS_PATH = before
        psutil.process_iter.cache_clear()  # type: ignore[attr-defined]


MACHINES = (
    Machine("machine-swapping", "swapping", (Trouble.HOST_SWAP, Trouble.HOST_MEMORY)),
    Machine("machine-eaten", "eaten", (Trouble.HOST_MEMORY,)),
    Machine("machine-pressed", "pressed", (Trouble.HOST_PRESSURE,)),
    Machine("machine-stolen-from", "stolen", (Trouble.HOST_STEAL,)),
    Machine("machine-overloaded", "stolen", (Trouble.HOST_LOAD,), OVERLOADED, ill=80),
)
