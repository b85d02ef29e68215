"""Which boot of the machine this is."""

from __future__ import annotations

from pathlib import Path

from fermatkit.process import started

_BOOT = Path("/proc/sys/kernel/random/boot_id")
"""One of its own for each time that the machine is up (random(4)); containers on it share that."""


def boot() -> str:
    """Of the machine, and of the container that we may be in: its first process; "" if that is unknown."""
    try:
        return f"{_BOOT.read_text().strip()}/{_first()}"
    except OSError:
        return ""


def _first() -> int | None:
    """None where /proc hides it: then the machine's own start has to do."""
    try:
        return started(1)
    except PermissionError:
        return None
