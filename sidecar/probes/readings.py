"""Readings of the server that are had by blocking calls: in a thread, again and again, with a patience."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.nouns import Identity
from sidecar.core.observations import Counted, Report
from sidecar.probes.aim import Aim
from sidecar.probes.patient import Patient
from sidecar.tasks import Beat, OneThread


class Look(NamedTuple):
    """What is read, how, and in which rhythm."""

    name: str
    measures: tuple[Measure, ...]
    """What `of` tells: unknown while a look does not end."""
    of: Callable[[Identity], Callable[[], dict[Measure, Reading] | None]]
    """For one process: what is called for each look, in a thread. It gives None of a process that is gone."""
    interval: float
    """Seconds from one look to the next."""
    patience: float = 2.0
    """Seconds for one look."""


class ReadingsProbe:
    """Reports `Counted`, the first at once; of a process that is gone nothing."""

    def __init__(self, look: Look, report: Report) -> None:
        self._look = look
        self._report = report
        self._thread = OneThread(look.name)
        self._aim = Aim(self._run, f"{look.name} probe")

    def watch(self, identity: Identity | None) -> None:
        """Look at this process, or at none."""
        self._aim.at(identity)

    async def close(self) -> None:
        """Stop looking."""
        await self._aim.close()

    async def _run(self, identity: Identity) -> None:
        read = self._look.of(identity)
        patient = Patient(self._thread, lambda: (read(),), self._look.patience)
        beat = Beat(self._look.interval)
        try:
            while True:
                await beat.wait()
                (readings,) = await patient.look() or (self._unknown(patient.late),)
                if readings is not None:
                    self._report(Counted(identity, readings))
        finally:
            patient.close()

    def _unknown(self, why: str) -> dict[Measure, Reading]:
        return dict.fromkeys(self._look.measures, Unknown(why))
