"""The process as the kernel sees it: one sample a second."""

from __future__ import annotations

import time
from itertools import count

import msgspec
import psutil

from fermatkit import sockets
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.process import COUNTS_FDS, Sample, Sampler, open_fds
from fermatkit.sockets import Connections, TcpState
from sidecar.core.nouns import Identity
from sidecar.core.observations import Report, Sampled
from sidecar.probes.aim import Aim, why
from sidecar.probes.patient import Patient
from sidecar.tasks import Beat, OneThread

_OF_QUEUE = (Measure.ACCEPT_QUEUE, Measure.ACCEPT_LIMIT)
_OF_SOCKETS = (Measure.ESTABLISHED, Measure.OTHER_SOCKETS, Measure.CLOSE_WAIT)
_SLOW = (*_OF_SOCKETS, *_OF_QUEUE, *(() if COUNTS_FDS else (Measure.FDS,)))
"""What is read in a thread: it takes milliseconds with many connections."""
_FAST = (Measure.CPU, Measure.MEMORY, Measure.THREADS, Measure.FDS_LIMIT, Measure.UPTIME)
"""What is read on the event loop, the queue beside it: a tenth of a millisecond, however many there are."""
_QUEUE_EVERY = 5
"""Samples from one look at the queue to the next: it takes twice the CPU of all else in a sample. A listing
of all sockets has it, too."""


_SHARE = 1e-4
"""Of a core, for listing all sockets: 1 ms for hundreds, 5 ms for 15,000."""
_SOONEST, _LATEST = 9.5, 60.0
"""Seconds from one listing to the next: a little less than from one look at the queue to the next but one."""


class ProcessSettings(msgspec.Struct, frozen=True):
    """What to look at."""

    port: int = 9090
    """Whose sockets are counted."""
    interval: float = 1.0
    """Seconds from one sample to the next."""


class ProcessProbe:
    """Reports `Sampled`, the first at once; of a process that is gone nothing."""

    def __init__(self, settings: ProcessSettings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._thread = OneThread("slow readings")
        self._aim = Aim(self._run, "process probe")

    def watch(self, identity: Identity | None) -> None:
        """Sample this process, or none."""
        self._aim.at(identity)

    async def close(self) -> None:
        """Stop sampling."""
        await self._aim.close()

    async def _run(self, identity: Identity) -> None:
        sampler = Sampler(identity.pid, identity.started)
        listing = _Listing(identity.pid, self._settings.port)
        slow = Patient(self._thread, listing.read, self._settings.interval / 2)
        beat = Beat(self._settings.interval)
        try:
            for number in count():
                await beat.wait()
                readings: dict[Measure, Reading] = {}
                if listing.due:
                    if found := await slow.look():
                        listing.taken()
                    readings |= found or dict.fromkeys(_SLOW, Unknown(slow.late))
                elif psutil.LINUX and number % _QUEUE_EVERY == 0:  # nobody else tells
                    readings |= _queue(sockets.connections(self._settings.port, (TcpState.LISTEN,)))
                if COUNTS_FDS:
                    readings[Measure.FDS] = _open_fds(identity.pid)
                sample = _sample(sampler)
                if sample is not None:
                    self._report(Sampled(identity, sample.state, sample.readings | readings))
        finally:
            slow.close()


def _sample(sampler: Sampler) -> Sample | None:
    """What the kernel tells at once; with every descriptor of ours in use it cannot even be asked."""
    try:
        return sampler.sample()
    except OSError as error:
        return Sample("", dict.fromkeys(_FAST, Unknown(why(error))))


def _open_fds(pid: int) -> Reading:
    try:
        return open_fds(pid)
    except OSError as error:
        return Unknown(why(error))


class _Listing:
    """The sockets of a port, as often as it is cheap to list them."""

    def __init__(self, pid: int, port: int) -> None:
        self._pid = pid
        self._port = port
        self._again = 0.0
        self._rest = _SOONEST

    @property
    def due(self) -> bool:
        """Whether it is time; or one is under way, or came late and was not taken yet."""
        return time.monotonic() >= self._again

    def taken(self) -> None:
        """What was read has been told."""
        self._again = time.monotonic() + self._rest

    def read(self) -> dict[Measure, Reading]:
        """How many there are, by states. In a thread."""
        began = time.thread_time()
        found = sockets.connections(self._port, likely=self._pid)
        readings = _by_state(found) | _queue(found)
        if not COUNTS_FDS:
            readings[Measure.FDS] = _open_fds(self._pid)
        took = time.thread_time() - began
        self._rest = min(max(took / _SHARE, _SOONEST), _LATEST)
        return readings


def _by_state(found: Connections | Unknown) -> dict[Measure, Reading]:
    if isinstance(found, Unknown):
        return dict.fromkeys(_OF_SOCKETS, found)
    states = dict(found.states)
    established = states.pop(TcpState.ESTABLISHED, 0)
    states.pop(TcpState.LISTEN, None)
    return {
        Measure.ESTABLISHED: float(established),
        Measure.OTHER_SOCKETS: float(sum(states.values())),
        Measure.CLOSE_WAIT: float(states.get(TcpState.CLOSE_WAIT, 0)),
    }


def _queue(found: Connections | Unknown) -> dict[Measure, Reading]:
    if isinstance(found, Unknown):
        return dict.fromkeys(_OF_QUEUE, found)
    return {Measure.ACCEPT_QUEUE: found.waiting, Measure.ACCEPT_LIMIT: found.limit}
