"""When a sidecar was last alive here: it records what it sees, so its files tell."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sidecar.store.recorded import numbered


def last_alive(memory: Path, recording: Path) -> float | None:
    """Epoch seconds, by what was written last; None where nothing tells. Before this sidecar writes."""
    files = [memory]
    with suppress(OSError):
        files += numbered(recording)[-1:]
    moments = []
    for path in files:
        with suppress(OSError):
            moments.append(path.stat().st_mtime)
    return max(moments, default=None)
