"""The process as the kernel sees it: one sample a second."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from fermatkit import sockets
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.process import Sampler, disk_free, open_fds
from fermatkit.sockets import TcpState
from sidecar.core.nouns import Identity
from sidecar.core.observations import Report, Sampled
from sidecar.probes.aim import Aim
from sidecar.tasks import Beat

_SLOW = (Measure.FDS, Measure.ESTABLISHED, Measure.OTHER_SOCKETS, Measure.DISK_FREE)
"""What is read in a thread: milliseconds with many connections, for ever with a dead network disk."""


class ProcessSettings(msgspec.Struct, frozen=True):
    """What to look at."""

    port: int = 9090
    """Whose sockets are counted."""
    directory: Path = Path()
    """Whose disk's free space is read: where the server writes."""
    interval: float = 1.0
    """Seconds from one sample to the next."""


class ProcessProbe:
    """Reports `Sampled`, the first at once; of a process that is gone nothing."""

    def __init__(self, settings: ProcessSettings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._aim = Aim(self._run, "process probe")

    def watch(self, identity: Identity | None) -> None:
        """Sample this process, or none."""
        self._aim.at(identity)

    async def close(self) -> None:
        """Stop sampling."""
        await self._aim.close()

    async def _run(self, identity: Identity) -> None:
        sampler = Sampler(identity.pid, identity.started)
        slow = _Slow(identity.pid, self._settings)
        beat = Beat(self._settings.interval)
        while True:
            await beat.wait()
            readings = await slow.read()
            sample = sampler.sample()
            if sample is not None:
                self._report(Sampled(identity, sample.state, {**sample.readings, **readings}))


class _Slow:
    """Readings from a thread; one at a time, so that a hanging disk takes one thread and not all."""

    def __init__(self, pid: int, settings: ProcessSettings) -> None:
        self._pid = pid
        self._settings = settings
        self._reading: asyncio.Future[dict[Measure, Reading]] | None = None

    async def read(self) -> dict[Measure, Reading]:
        """Read them all, or say that they could not be had within half an interval."""
        patience = self._settings.interval / 2
        if self._reading is None:
            loop = asyncio.get_running_loop()
            self._reading = loop.run_in_executor(None, _read, self._pid, self._settings)
        await asyncio.wait({self._reading}, timeout=patience)
        if not self._reading.done():
            return dict.fromkeys(_SLOW, Unknown(f"not read within {patience:g} s"))
        readings, self._reading = self._reading.result(), None
        return readings


def _read(pid: int, settings: ProcessSettings) -> dict[Measure, Reading]:
    established, other = _connections(settings.port)
    return {
        Measure.FDS: open_fds(pid),
        Measure.ESTABLISHED: established,
        Measure.OTHER_SOCKETS: other,
        Measure.DISK_FREE: disk_free(settings.directory),
    }


def _connections(port: int) -> tuple[Reading, Reading]:
    states = sockets.count(port)
    if isinstance(states, Unknown):
        return states, states
    established = states.pop(TcpState.ESTABLISHED, 0)
    states.pop(TcpState.LISTEN, None)
    return float(established), float(sum(states.values()))
