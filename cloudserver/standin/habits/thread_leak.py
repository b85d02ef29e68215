"""A thread `Timer-N` stays for each client lost without a close frame; with 200 threads SIGTERM is useless.

A client's thread ends when that client registers again. Where no thread can be made, be it by this cap or by
the system's own limit, there is no clean-up after the lost client, and no thread for the end of the process
either: as in a JVM, SIGTERM then does nothing.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from cloudserver.standin import threads
from cloudserver.standin.state import Crash

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from cloudserver.standin.answers import Answer
    from cloudserver.standin.clients import Clients, Connection
    from cloudserver.standin.state import Standin

    Process = Callable[[Clients, Connection, str], Answer]

_MOST = 200
"""Threads of the process; RLIMIT_NPROC, which is what stops the real one, does not bind root."""
_TERMINATED = 143


def take_up(standin: Standin) -> None:
    """Leak from now on."""
    leak = _Leak(standin.process)
    standin.process = leak.process
    standin.lost = leak.lost
    signal.signal(signal.SIGTERM, leak.end)


class _Leak:
    """Each lost client's timer, by its key: what ends its thread."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._timers: dict[str, threading.Event] = {}
        self._number = count()

    def lost(self, connection: Connection) -> None:
        """Make a timer; one of the same client is lost sight of, but its thread stays."""
        timer = threading.Event()
        try:
            _start(f"Timer-{next(self._number)}", timer.wait)
        except RuntimeError:
            raise Crash("OutOfMemoryError: unable to create native thread") from None
        self._timers[connection.key] = timer

    def process(self, clients: Clients, connection: Connection, text: str) -> Answer:
        """Let the thread of a client go that is back."""
        answer = self._process(clients, connection, text)
        timer = self._timers.pop(connection.key, None)
        if timer is not None:
            timer.set()
        return answer

    def end(self, _number: int, _frame: FrameType | None) -> None:
        """Obey SIGTERM, in a thread of its own as a JVM."""
        with suppress(RuntimeError):
            _start("SIGTERM handler", lambda: os._exit(_TERMINATED))


def _start(name: str, run: Callable[[], object]) -> None:
    if threading.active_count() >= _MOST:
        raise RuntimeError("can't start new thread")
    threads.start(name, run)
