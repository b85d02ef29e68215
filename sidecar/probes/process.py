"""The process as the kernel sees it: one sample a second."""

from __future__ import annotations

import time
from functools import partial

import msgspec

from fermatkit import sockets
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.process import Sample, Sampler, open_fds
from fermatkit.sockets import Connections, TcpState
from sidecar.core.nouns import Identity
from sidecar.core.observations import Report, Sampled
from sidecar.probes.aim import Aim, why
from sidecar.probes.patient import Patient
from sidecar.tasks import Beat, OneThread

_OF_QUEUE = (Measure.ACCEPT_QUEUE, Measure.ACCEPT_LIMIT)
_OF_SOCKETS = (Measure.ESTABLISHED, Measure.OTHER_SOCKETS, Measure.CLOSE_WAIT, *_OF_QUEUE)
_SLOW = (Measure.FDS, *_OF_SOCKETS)
"""What is read in a thread: it takes milliseconds with many connections."""
_FAST = (Measure.CPU, Measure.MEMORY, Measure.THREADS, Measure.FDS_LIMIT, Measure.UPTIME)
"""What is read on the event loop."""


_SHARE = 1e-4
"""Of a core, for listing all sockets: 1 ms for hundreds, 5 ms for 15,000."""
_SOONEST, _LATEST = 3.0, 60.0
"""Seconds from one listing to the next."""


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
        of_port = _Sockets(self._settings.port)
        look = partial(_read, identity.pid, of_port)
        slow = Patient(self._thread, look, self._settings.interval / 2)
        beat = Beat(self._settings.interval)
        try:
            while True:
                await beat.wait()
                readings = await slow.look() or dict.fromkeys(_SLOW, Unknown(slow.late))
                sample = _sample(sampler)
                if sample is not None:
                    self._report(Sampled(identity, sample.state, {**sample.readings, **readings}))
        finally:
            slow.close()


def _sample(sampler: Sampler) -> Sample | None:
    """What the kernel tells at once; with every descriptor of ours in use it cannot even be asked."""
    try:
        return sampler.sample()
    except OSError as error:
        return Sample("", dict.fromkeys(_FAST, Unknown(why(error))))


def _read(pid: int, of_port: _Sockets) -> dict[Measure, Reading]:
    return {Measure.FDS: _open_fds(pid), **of_port.read()}


def _open_fds(pid: int) -> Reading:
    try:
        return open_fds(pid)
    except OSError as error:
        return Unknown(why(error))


class _Sockets:
    """The sockets of a port: the queue at each look, the rest as often as it is cheap. In a thread."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._again = 0.0

    def read(self) -> dict[Measure, Reading]:
        """What was looked at: without the number of connections when it is not its turn."""
        if time.monotonic() < self._again:
            return _queue(sockets.connections(self._port, (TcpState.LISTEN,)))
        began = time.thread_time()
        found = sockets.connections(self._port)
        took = time.thread_time() - began
        self._again = time.monotonic() + min(max(took / _SHARE, _SOONEST), _LATEST)
        return _all(found)


def _all(found: Connections | Unknown) -> dict[Measure, Reading]:
    if isinstance(found, Unknown):
        return dict.fromkeys(_OF_SOCKETS, found)
    states = dict(found.states)
    established = states.pop(TcpState.ESTABLISHED, 0)
    states.pop(TcpState.LISTEN, None)
    return {
        Measure.ESTABLISHED: float(established),
        Measure.OTHER_SOCKETS: float(sum(states.values())),
        Measure.CLOSE_WAIT: float(states.get(TcpState.CLOSE_WAIT, 0)),
        **_queue(found),
    }


def _queue(found: Connections | Unknown) -> dict[Measure, Reading]:
    if isinstance(found, Unknown):
        return dict.fromkeys(_OF_QUEUE, found)
    return {Measure.ACCEPT_QUEUE: found.waiting, Measure.ACCEPT_LIMIT: found.limit}
