"""When a sidecar was last alive here: it records what it sees, so its files tell."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sidecar.store.database import BESIDE
from sidecar.store.recorded import numbered
from sidecar.store.remembered import DATABASE, EARLIER

_MEMORY = (DATABASE, *(DATABASE + end for end in BESIDE), EARLIER)
"""A save goes to what is beside the database; the last is what a sidecar without one has left."""


def last_alive(state: Path, recording: Path) -> float | None:
    """Epoch seconds, by what was written last; None where nothing tells.

    To be asked before this sidecar writes, and even before it reads the memory: SQLite tidies up then.
    """
    files = [state / name for name in _MEMORY]
    with suppress(OSError):
        files += numbered(recording)[-1:]
    moments = []
    for path in files:
        with suppress(OSError):
            moments.append(path.stat().st_mtime)
    return max(moments, default=None)
