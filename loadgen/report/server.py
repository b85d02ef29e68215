"""What was seen of the server, as columns of numbers: of many looks a mean, the least and the most. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import msgspec

from fermatkit.measures import UNITS, Measure
from loadgen.report.timeline import POINTS, Column
from loadgen.watched import Sample


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """One measure over time. None: unknown then."""

    measure: str
    unit: str
    """As `fermatkit.measures` has it; empty of a measure that it does not know."""
    at: tuple[float, ...]
    """Seconds since the start of the run."""
    mean: Column
    least: Column
    most: Column


def tracks(samples: Sequence[Sample], points: int = POINTS) -> tuple[Track, ...]:
    """All measures that were looked at, each in at most `points` points."""
    names = dict.fromkeys(name for sample in samples for name in sample.readings)
    return tuple(_track(name, samples, points) for name in names)


def _track(name: str, samples: Sequence[Sample], points: int) -> Track:
    looks = [(sample.at, sample.readings[name]) for sample in samples if name in sample.readings]
    step = max(1, ceil(len(looks) / points))
    groups = [looks[at : at + step] for at in range(0, len(looks), step)]
    known = [[value for _, value in group if value is not None] for group in groups]
    return Track(
        measure=name,
        unit=UNITS.get(Measure(name), "") if name in set(Measure) else "",
        at=tuple(group[-1][0] for group in groups),
        mean=tuple(round(sum(values) / len(values), 3) if values else None for values in known),
        least=tuple(min(values, default=None) for values in known),
        most=tuple(max(values, default=None) for values in known),
    )
