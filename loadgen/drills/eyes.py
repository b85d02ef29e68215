"""What is seen of a drill while it lasts, beside its load: who listens, what the sidecar says. Blocking."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Event, Thread

from fermatkit import sockets
from loadgen.drills.place import Place
from loadgen.watch.sidecar_api import Past, Sidecar, Unanswered

_LISTENS_EVERY = 0.05
_ASKS_EVERY = 0.4


class Eyes:
    """Two threads, so that a sidecar that takes its time hides nobody who listens."""

    def __init__(self, place: Place) -> None:
        self.owners: list[tuple[float, int | None]] = []
        """`time.monotonic`, and who listens on the server's port from then on."""
        self.looks: list[tuple[float, bool | None]] = []
        """`time.monotonic`, and whether the sidecar calls the server proven; None: it does not answer."""
        self.past = Past([], [])
        """What it told last of the time since it began."""
        self._port, self._pid = place.port, place.pid
        self._sidecar = Sidecar(place.sidecar_url)
        self._since = time.time()
        self._over = Event()
        self._threads = [Thread(target=look, daemon=True) for look in (self._listeners, self._stories)]

    def open(self) -> None:
        """Begin to look."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Look once more, and no more."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._ask()

    def _listeners(self) -> None:
        likely, before = self._pid, None
        while not self._over.wait(_LISTENS_EVERY):
            found = sockets.owner(self._port, likely)
            now = found if isinstance(found, int) else None
            if now != before:
                self.owners.append((time.monotonic(), now))
            likely, before = now or likely, now

    def _stories(self) -> None:
        while not self._over.wait(_ASKS_EVERY):
            self._ask()

    def _ask(self) -> None:
        ready = None
        with suppress(Unanswered):
            state = self._sidecar.state()
            self.past = self._sidecar.incidents(self._since)
            ready = state.ready and state.pid is not None
        self.looks.append((time.monotonic(), ready))
