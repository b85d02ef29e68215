"""What the server prints goes to a file with a limit. Never a pipe: an unread one stalls the server."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import structlog

log = structlog.get_logger("sidecar.servers")


def cap(output: Path, limit: float) -> None:
    """Move an output beyond `limit` bytes to ``….1``. Copies: not for an event loop.

    The server keeps its descriptor, so the file is emptied, not renamed; it writes on at the new end, for it
    appends. What it prints between the copy and that moment is lost.
    """
    try:
        if output.stat().st_size > limit:
            _keep(output)
            os.truncate(output, 0)
    except FileNotFoundError:
        pass
    except OSError as error:
        log.warning("server output not capped", file=str(output), why=error.strerror)


def _keep(output: Path) -> None:
    """Copy it, or not: it is emptied all the same, for a disk filled by its log is worse than a lost log."""
    try:
        shutil.copy(output, output.with_name(f"{output.name}.1"))
    except OSError as error:
        log.warning("server output lost", file=str(output), why=error.strerror)
