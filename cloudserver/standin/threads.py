"""Threads whose names the kernel knows: `/proc/PID/task/TID/comm`, which is what a watchdog sees."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def start(name: str, run: Callable[[], object]) -> threading.Thread:
    """Start a thread that does not keep the process alive. RuntimeError if there can be none.

    Only from Python 3.14 on does the kernel hear a thread's name by itself.
    """

    def named() -> None:
        with suppress(OSError):  # not Linux, or no descriptor left: then it is a thread without a name
            Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(name)
        run()

    thread = threading.Thread(target=named, name=name, daemon=True)
    thread.start()
    return thread
