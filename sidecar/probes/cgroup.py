"""The server's unit, and the limits that it shares with others, as the kernel counts: every ten seconds."""

from __future__ import annotations

import msgspec

from fermatkit import tasks
from fermatkit.accounting import Accounting, nothing
from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.nouns import Identity
from sidecar.core.observations import Counted, Report
from sidecar.probes.aim import Aim, why
from sidecar.tasks import Beat


class CgroupSettings(msgspec.Struct, frozen=True):
    """In which rhythm."""

    interval: float = 10.0
    """Seconds from one look to the next."""


class CgroupProbe:
    """Reports `Counted`, the first at once; of a process that is gone nothing."""

    def __init__(self, settings: CgroupSettings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._aim = Aim(self._run, "cgroup probe")

    def watch(self, identity: Identity | None) -> None:
        """Look at this process's unit, or at none."""
        self._aim.at(identity)

    async def close(self) -> None:
        """Stop looking."""
        await self._aim.close()

    async def _run(self, identity: Identity) -> None:
        accounting = Accounting(identity.pid, identity.started)
        beat = Beat(self._settings.interval)
        while True:
            await beat.wait()
            readings = _look(accounting, identity.pid)
            if readings is not None:
                self._report(Counted(identity, readings))


def _look(accounting: Accounting, pid: int) -> dict[Measure, Reading] | None:
    """On the event loop: the kernel's own files, which never wait."""
    try:
        readings = accounting.sample()
        return None if readings is None else {**readings, **tasks.shared(pid)}
    except OSError as error:  # we have no descriptor left, say
        unknown = Unknown(why(error))
        return {**nothing(unknown), **tasks.nothing(unknown)}
