"""Which resource gave out first, and why that is thought: by what was seen of the server. Pure.

Of a try that was not carried, the resource that came to its limit first. What is only busy (the processor,
the garbage collector) has to have been so for some seconds, and not where the load was carried: what was as
bad there is no reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from fermatkit.measures import Measure
from loadgen.record import Record
from loadgen.trouble import NOTES
from loadgen.watched import Sample

NEAR = 0.97
"""Of a limit: what comes and goes between two samples is missing from them."""
BUSY = 95.0
"""Percent of a core."""
COLLECTING = 80.0
"""Percent of a core for garbage alone."""
LITTLE = 3.0
"""Percent of a machine's memory."""
SUSTAINED = 3
"""Samples in a row."""
_SHOWN = 3
"""Kinds of errors that are told."""

Readings = Mapping[str, float | None]


class Sign(NamedTuple):
    """What a resource looks like that has given out."""

    resource: Measure
    seen: Callable[[Readings], str | None]
    """In words; None: it is not so, or not known."""
    sustained: int = 1
    """Samples in a row that show it; with more than one, those that were carried must not."""


def _limit(used: Measure, limit: Measure, what: str) -> Sign:
    def seen(readings: Readings) -> str | None:
        now, most = readings.get(used), readings.get(limit)
        if now is None or not most or now < NEAR * most:
            return None
        return f"{now:,.0f} of {most:,.0f} {what}: {now / most:.0%}"

    return Sign(used, seen)


def _above(measure: Measure, least: float, what: str, sustained: int = 1) -> Sign:
    def seen(readings: Readings) -> str | None:
        now = readings.get(measure)
        return None if now is None or now < least else what.format(now=now)

    return Sign(measure, seen, sustained)


def _below(measure: Measure, most: float, what: str) -> Sign:
    def seen(readings: Readings) -> str | None:
        now = readings.get(measure)
        return None if now is None or now > most else what.format(now=now)

    return Sign(measure, seen)


def _queue(readings: Readings) -> str | None:
    now, most = readings.get(Measure.ACCEPT_QUEUE), readings.get(Measure.ACCEPT_LIMIT)
    if now is None or most is None or now <= most:
        return None
    return f"{now:,.0f} connections waited to be accepted, and the queue is for {most:,.0f}"


SIGNS = (
    _limit(Measure.FDS, Measure.FDS_LIMIT, "file descriptors were open"),
    _limit(Measure.UNIT_TASKS, Measure.UNIT_TASKS_LIMIT, "tasks of its unit were there"),
    _limit(Measure.SLICE_TASKS, Measure.SLICE_TASKS_LIMIT, "tasks of its slice were there"),
    _limit(Measure.USER_TASKS, Measure.USER_TASKS_LIMIT, "tasks of its user were there"),
    _limit(Measure.MACHINE_TASKS, Measure.MACHINE_TASKS_LIMIT, "tasks of its machine were there"),
    _limit(Measure.UNIT_MEMORY, Measure.UNIT_MEMORY_LIMIT, "bytes of its unit's memory were taken"),
    _below(Measure.MEMORY_AVAILABLE_SHARE, LITTLE, "{now:.1f} % of its machine's memory were left"),
    _below(Measure.DISK_FREE, 0, "{now:,.0f} bytes were left on its disk"),
    _above(
        Measure.GC, COLLECTING, "garbage collections took {now:,.0f} % of a core: its heap is full", SUSTAINED
    ),
    _above(Measure.CPU, BUSY, "it took {now:,.0f} % of a core", SUSTAINED),
    Sign(Measure.ACCEPT_QUEUE, _queue, SUSTAINED),
)
"""Limits first, then what follows from others: of two that are seen at once the first is the reason."""


def diagnose(failed: Sequence[Record], carried: Sequence[Record]) -> tuple[str | None, str]:
    """The resource, and why; None, and why nobody knows. Of tries near the knee, those carried beside."""
    samples = [one for record in failed for one in record.samples]
    if not failed:
        return None, "every load was carried"
    if not samples:
        return None, f"nobody watched the server; {_met(failed)}"
    signs = [
        sign
        for sign in SIGNS
        if sign.sustained == 1 or not any(_first(sign, record.samples) for record in carried)
    ]
    firsts = [found for record in failed if (found := _earliest(signs, record.samples)) is not None]
    if not firsts:
        return None, f"nothing that was watched came to its limit; {_met(failed)}"
    (resource, count), *_ = Counter(one for one, _ in firsts).most_common()
    words = next(words for one, words in firsts if one == resource)
    return resource, f"{words}; so in {count} of {len(failed)} tries that were not carried"


def _earliest(signs: Sequence[Sign], samples: Sequence[Sample]) -> tuple[str, str] | None:
    """Of all signs the one that is seen first, in words."""
    found = [
        (at, i, words)
        for i, sign in enumerate(signs)
        if (seen := _first(sign, samples))
        for at, words in [seen]
    ]
    if not found:
        return None
    _, i, words = min(found)
    return signs[i].resource, words


def _first(sign: Sign, samples: Sequence[Sample]) -> tuple[float, str] | None:
    """When it is seen first, and how: seconds since the start of the run."""
    row = 0
    since = 0.0
    for sample in samples:
        words = sign.seen(sample.readings)
        if words is None:
            row = 0
            continue
        row += 1
        since = sample.at if row == 1 else since
        if row == sign.sustained:
            return since, words
    return None


def _met(failed: Sequence[Record]) -> str:
    """What clients met instead of an answer, the most frequent first."""
    errors: Counter[str] = Counter()
    for record in failed:
        errors.update({kind: n for kind, n in record.summed().errors.items() if kind not in NOTES})
    if not errors:
        return "clients met no error"
    return "clients met " + ", ".join(f"“{kind}” ({n:,} times)" for kind, n in errors.most_common(_SHOWN))
