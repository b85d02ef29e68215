"""The server's threads by name: leaked timers, and a garbage collector that is busy."""

from __future__ import annotations

import msgspec

from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.threads import Threads
from sidecar.core.nouns import Identity
from sidecar.core.observations import Counted, Report
from sidecar.probes.aim import Aim
from sidecar.probes.patient import Patient
from sidecar.tasks import Beat, OneThread

_MEASURES = (Measure.TIMERS, Measure.GC)


class ThreadsSettings(msgspec.Struct, frozen=True):
    """In which rhythm."""

    interval: float = 5.0
    """Seconds from one look to the next."""
    patience: float = 2.0
    """Seconds for one look."""


class ThreadsProbe:
    """Reports `Counted`, the first at once; of a process that is gone nothing."""

    def __init__(self, settings: ThreadsSettings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._thread = OneThread("threads by name")
        self._aim = Aim(self._run, "threads probe")

    def watch(self, identity: Identity | None) -> None:
        """Look at this process, or at none."""
        self._aim.at(identity)

    async def close(self) -> None:
        """Stop looking."""
        await self._aim.close()

    async def _run(self, identity: Identity) -> None:
        threads = Threads(identity.pid, identity.started)
        patient = Patient(self._thread, lambda: _Seen(threads.sample()), self._settings.patience)
        beat = Beat(self._settings.interval)
        try:
            while True:
                await beat.wait()
                seen = await patient.look() or _Seen(dict.fromkeys(_MEASURES, Unknown(patient.late)))
                if seen.readings is not None:
                    self._report(Counted(identity, seen.readings))
        finally:
            patient.close()


class _Seen(msgspec.Struct, frozen=True):
    readings: dict[Measure, Reading] | None
    """None of a process that is gone."""
