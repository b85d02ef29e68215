"""A sidecar's answers as lines of a result file. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fermatkit.measures import Measure
from loadgen.watch.clock import Clock
from loadgen.watch.sidecar_api import Past, Reading
from loadgen.watched import Kind, Mark

_KNOWN = frozenset(str(measure) for measure in Measure)


def readings(told: dict[str, Reading]) -> dict[str, float | None]:
    """What was read, None: unknown; a time that never comes is left out, for it is neither."""
    return {
        name: float(one.value) if isinstance(one.value, int | float) else None
        for name, one in told.items()
        if name in _KNOWN and not isinstance(one.value, str)
    }


def marks(past: Past, clock: Clock) -> Iterator[Mark]:
    """Incidents, restarts and what people were told, on our own clock."""

    def ours(moment: datetime | None) -> float | None:
        return None if moment is None else clock.ours(moment.timestamp())

    for one in past.incidents:
        text = f"{one.name}: {one.brief}"
        yield Mark(
            at=clock.ours(one.opened.timestamp()), until=ours(one.closed), kind=Kind.INCIDENT, text=text
        )
    for restart in past.restarts:
        pid = "" if restart.pid is None else f"pid {restart.pid}"
        text = ": ".join(part for part in (pid, restart.reason) if part)
        at = clock.ours(restart.time.timestamp())
        yield Mark(at=at, until=ours(restart.proven), kind=Kind.RESTART, text=text)
    for alert in past.alerts:
        text = f"{alert.channel}: {alert.title}"
        yield Mark(at=clock.ours(alert.time.timestamp()), kind=Kind.ALERT, text=text)
