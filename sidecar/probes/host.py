"""The machine, every ten seconds, whether a server runs or not."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path

import msgspec

from fermatkit import host
from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.observations import HostSampled, Report
from sidecar.probes.patient import Patient
from sidecar.tasks import Beat, OneThread, spawn

_DISKS = (Measure.DISK_FREE, Measure.INODES_FREE)


class HostSettings(msgspec.Struct, frozen=True):
    """What to look at."""

    directories: tuple[Path, ...] = (Path(),)
    """Whose disks are looked at: where the server and the sidecar write. The fullest counts."""
    logs: tuple[Path, ...] = ()
    """Where the server may write its log: the disk of one that is there counts, too."""
    interval: float = 10.0
    """Seconds from one sample to the next."""
    patience: float = 2.0
    """Seconds for a sample: a disk of the network may never answer."""


class HostProbe:
    """Reports `HostSampled`, the first at once."""

    def __init__(self, settings: HostSettings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._before: host.Snapshot | None = None
        self._eater = Patient(OneThread("eater"), lambda: host.biggest(but=os.getpid()), settings.patience)
        self._disks = Patient(OneThread("disks"), partial(_disks, settings), settings.patience)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; on a running event loop, once."""
        self._task = spawn(self._run(), "host probe")

    async def close(self) -> None:
        """Stop sampling."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        self._eater.close()
        self._disks.close()

    async def _run(self) -> None:
        beat = Beat(self._settings.interval)
        while True:
            await beat.wait()
            # Not in a thread: two that make system calls at once stand in each other's way.
            readings = self._look()
            disks = await self._disks.look() or dict.fromkeys(_DISKS, Unknown(self._disks.late))
            eater = await self._eater.look() if host.is_low(readings) else None
            self._report(HostSampled({**readings, **disks}, eater))

    def _look(self) -> dict[Measure, Reading]:
        """On the event loop: the kernel's own files, which never wait."""
        now = host.snapshot()
        readings = host.readings(now, self._before)
        self._before = now
        return readings


def _disks(settings: HostSettings) -> dict[Measure, Reading]:
    """In a thread: a disk may hang."""
    return host.disks([*settings.directories, *(log.parent for log in settings.logs if _is_there(log))])


def _is_there(log: Path) -> bool:
    try:
        return log.exists()
    except OSError:  # not ours to look into
        return False
