"""The server as its sidecar sees it. It blocks: see `loadgen.watch.__main__`."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator

from loadgen.watch.clock import Poll, clock
from loadgen.watch.messages import BySidecar, Note, Said
from loadgen.watch.sidecar_api import Sidecar, State, Unanswered
from loadgen.watch.told import marks, readings
from loadgen.watched import Sample, Server

LEASE = 30.0
"""Seconds for which a load is announced at a time …"""
_AGAIN = 10.0
"""… and after which it is said again: two may be lost."""
_POLLS = 60
"""By which the clocks are compared: the last minute's."""


class SidecarEye:
    """Asks once a look; a sidecar that does not answer costs its samples, and is said once."""

    def __init__(self, job: BySidecar) -> None:
        self._job = job
        self._sidecar = Sidecar(job.url, job.token)
        self._polls = deque[Poll](maxlen=_POLLS)
        self._began: float | None = None
        """By the sidecar's clock."""
        self._announced = -_AGAIN
        self._away = False

    def begin(self) -> Iterator[Said]:
        """Who the server is."""
        try:
            state = self._poll()
            self._began = state.time.timestamp()
            about = self._sidecar.server().about
        except Unanswered as error:
            yield from self._missed(error)
            return
        seen = clock(self._polls)
        ahead = seen.ahead + time.monotonic() - time.time()
        clocks = f"{ahead:+.3f} s against the generator's, within {seen.within:.3f} s"
        about = {**about, "address": state.server, "sidecar": state.version, "sidecar's clock": clocks}
        yield Server(seen_by=self._job.url, about=about)

    def look(self) -> Iterator[Said]:
        """One sample."""
        try:
            state = self._poll()
            self._announce()
        except Unanswered as error:
            yield from self._missed(error)
            return
        self._began = self._began or state.time.timestamp()
        yield Sample(at=self._polls[-1].answered, readings=readings(state.readings))

    def end(self) -> Iterator[Said]:
        """What happened meanwhile; and that the load is over."""
        try:
            if self._began is not None:
                yield from marks(self._sidecar.incidents(self._began), clock(self._polls))
        except Unanswered as error:
            yield Note(f"incidents, restarts and alerts of this run are missing: {self._job.url}: {error}")
        try:
            if self._job.token is not None:
                self._sidecar.announce(0, 0.0, self._job.who)
        except Unanswered as error:
            yield Note(f"the load stays announced for up to {LEASE:g} s: {self._job.url}: {error}")

    def _poll(self) -> State:
        asked = time.monotonic()
        state = self._sidecar.state()
        self._polls.append(Poll(asked, time.monotonic(), state.time.timestamp()))
        return state

    def _announce(self) -> None:
        now = time.monotonic()
        if self._job.token is not None and now >= self._announced + _AGAIN:
            self._announced = now
            self._sidecar.announce(self._job.clients, LEASE, self._job.who)

    def _missed(self, error: Unanswered) -> Iterator[Note]:
        if not self._away:
            yield Note(f"{self._job.url}: {error}; the run goes on, without samples while that is so")
        self._away = True
