"""The process as the kernel sees it: one sample a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec

from fermatkit import sockets
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.process import Sample, Sampler, disk_free, open_fds
from fermatkit.sockets import TcpState
from sidecar.core.nouns import Identity
from sidecar.core.observations import Report, Sampled
from sidecar.probes.aim import Aim, why
from sidecar.tasks import Beat, OneThread

_SLOW = (Measure.FDS, Measure.ESTABLISHED, Measure.OTHER_SOCKETS, Measure.DISK_FREE)
"""What is read in a thread: milliseconds with many connections, for ever with a dead network disk."""
_FAST = tuple(measure for measure in Measure if measure not in _SLOW)
"""What is read on the event loop."""


class ProcessSettings(msgspec.Struct, frozen=True):
    """What to look at."""

    port: int = 9090
    """Whose sockets are counted."""
    directories: tuple[Path, ...] = (Path(),)
    """Whose disks' free space is read: where the server and the sidecar write. The least of them counts."""
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
        slow = _Slow(self._thread, partial(_read, identity.pid, self._settings), self._settings.interval / 2)
        beat = Beat(self._settings.interval)
        try:
            while True:
                await beat.wait()
                readings = await slow.read()
                sample = _sample(sampler)
                if sample is not None:
                    self._report(Sampled(identity, sample.state, {**sample.readings, **readings}))
        finally:
            slow.close()


class _Slow:
    """One life's slow readings, one at a time. However many lives, they share the probe's one thread."""

    def __init__(
        self, thread: OneThread, read: Callable[[], dict[Measure, Reading]], patience: float
    ) -> None:
        self._thread = thread
        self._read = read
        self._patience = patience
        self._reading: asyncio.Future[dict[Measure, Reading]] | None = None

    async def read(self) -> dict[Measure, Reading]:
        """Read them all, or say that they could not be had in time; what comes late is the next answer."""
        if self._reading is None:
            self._reading = self._thread.call(self._read)
        await asyncio.wait({self._reading}, timeout=self._patience)
        if not self._reading.done():
            return dict.fromkeys(_SLOW, Unknown(f"not read within {self._patience:g} s"))
        readings, self._reading = self._reading.result(), None
        return readings

    def close(self) -> None:
        """Forget a reading that has not begun: nobody asks any more."""
        if self._reading is not None:
            self._reading.cancel()


def _sample(sampler: Sampler) -> Sample | None:
    """What the kernel tells at once; with every descriptor of ours in use it cannot even be asked."""
    try:
        return sampler.sample()
    except OSError as error:
        return Sample("", dict.fromkeys(_FAST, Unknown(why(error))))


def _read(pid: int, settings: ProcessSettings) -> dict[Measure, Reading]:
    established, other = _connections(settings.port)
    return {
        Measure.FDS: _open_fds(pid),
        Measure.ESTABLISHED: established,
        Measure.OTHER_SOCKETS: other,
        Measure.DISK_FREE: _least(disk_free(directory) for directory in settings.directories),
    }


def _open_fds(pid: int) -> Reading:
    try:
        return open_fds(pid)
    except OSError as error:
        return Unknown(why(error))


def _least(readings: Iterable[Reading]) -> Reading:
    """The lowest that is known: a full disk must show, even beside one that cannot be read.

    What cannot be read is told elsewhere as well: nothing can be started there, or saved.
    """
    every = list(readings)
    known = [reading for reading in every if not isinstance(reading, Unknown)]
    return min(known) if known else every[0]


def _connections(port: int) -> tuple[Reading, Reading]:
    states = sockets.count(port)
    if isinstance(states, Unknown):
        return states, states
    established = states.pop(TcpState.ESTABLISHED, 0)
    states.pop(TcpState.LISTEN, None)
    return float(established), float(sum(states.values()))
