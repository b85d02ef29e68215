"""How many clients each resource should last for, reckoned from one try with less than the knee. Pure.

What one client takes is from the real server: a descriptor, 12 KB of heap (real-cloud-server.md §2); threads
it has from a pool, so what they grow by is looked up in the samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

import msgspec

from fermatkit.measures import Measure
from fermatkit.units import format_size
from loadgen.capacity.result import Limit
from loadgen.limits import Item
from loadgen.record import Record
from loadgen.watched import Sample

HEAP_OF_CLIENT = 12_000
HEAP_OF_SERVER = 10_500_000
"""Bytes of live heap: of a registered client, and without any."""
_XMX = re.compile(r"-Xmx(\d+)([kKmMgG]?)\b")
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_FEW = 0.01
"""Threads a client; less is a pool that is filled."""
_TASKS = (
    (Measure.USER_TASKS, Measure.USER_TASKS_LIMIT),
    (Measure.UNIT_TASKS, Measure.UNIT_TASKS_LIMIT),
    (Measure.MACHINE_TASKS, Measure.MACHINE_TASKS_LIMIT),
)


def of_server(record: Record) -> tuple[Limit, ...]:
    """What the server's resources should last for."""
    return by_clients((_descriptors(record), _heap(record), _threads(record)))


def by_clients(limits: Sequence[Limit]) -> tuple[Limit, ...]:
    """The lowest first, what is unknown last."""
    return tuple(sorted(limits, key=lambda one: (one.clients is None, one.clients or 0)))


def of_generator(most: int, items: Sequence[Item]) -> Limit:
    """What this machine should last for: the `most` clients it has room for, by a budget for one more."""
    short = next((item.what for item in items if item.too_many), None)
    why = "more is no plan" if short is None else f"this machine has no {short} for more"
    return Limit(resource="generator", clients=most, why=why)


def _descriptors(record: Record) -> Limit:
    """There are as many as it has anyway, and one a client.

    Clients as the generator knows them: a sidecar lists sockets each ten seconds, which is a whole try.
    """
    base = _typical(opened - clients for opened, clients in _held(record))
    limit = _last(record.samples, Measure.FDS_LIMIT)
    if base is None or limit is None:
        return _unknown(Measure.FDS, record.samples)
    clients = max(0, int(limit - base))
    why = f"{limit:,.0f} descriptors, less {base:,.0f} that it has anyway, one a client"
    return Limit(resource=Measure.FDS, clients=clients, why=why)


def _held(record: Record) -> Iterator[tuple[float, int]]:
    """Open descriptors, and clients, of each look in a second that began and ended with as many of them."""
    steady = [(a.at, b.at, b.registered) for a, b in pairwise(record.seconds) if a.registered == b.registered]
    for sample in record.samples:
        opened = sample.readings.get(Measure.FDS)
        clients = next((count for begin, end, count in steady if begin < sample.at <= end), None)
        if opened is not None and clients:
            yield opened, clients


def _heap(record: Record) -> Limit:
    words = " ".join(record.server.about.values()) if record.server else ""
    found = _XMX.findall(words)
    if not found:
        return Limit(resource=Measure.GC, clients=None, why="no -Xmx of a JVM is known")
    number, unit = found[-1]  # a JVM takes the last
    most = int(number) * _UNITS[unit.lower()]
    clients = max(0, (most - HEAP_OF_SERVER) // HEAP_OF_CLIENT)
    why = f"{format_size(most)} of heap, less {format_size(HEAP_OF_SERVER)}, 12 KB a client"
    return Limit(resource=Measure.GC, clients=clients, why=why)


def _threads(record: Record) -> Limit:
    """Threads follow clients or they do not: by the samples with the fewest and the most peers."""
    pairs = sorted(_pairs(record.samples, Measure.ESTABLISHED, Measure.THREADS))
    room = _room(record.samples)
    if not pairs or pairs[0][0] == pairs[-1][0]:
        return _unknown(Measure.THREADS, record.samples)
    (few, least), (many, most) = pairs[0], pairs[-1]
    each = (most - least) / (many - few)
    if each < _FEW:
        why = f"{most:,.0f} at {many:,.0f} clients, {least:,.0f} at {few:,.0f}: they do not follow clients"
        return Limit(resource=Measure.THREADS, clients=None, why=why)
    if room is None:
        return Limit(
            resource=Measure.THREADS, clients=None, why=f"{each:.2f} a client, and no limit is known"
        )
    clients = int(many + room / each)
    return Limit(
        resource=Measure.THREADS, clients=clients, why=f"{each:.2f} a client, and room for {room:,.0f}"
    )


def _room(samples: Sequence[Sample]) -> float | None:
    """Threads that may still come, by the nearest of the limits that are known."""
    left = [limit - used for one in _TASKS for used, limit in _pairs(samples[-1:], *one)]
    return min(left) if left else None


def _unknown(resource: Measure, samples: Sequence[Sample]) -> Limit:
    why = "its samples do not tell" if samples else "nobody watched the server"
    return Limit(resource=resource, clients=None, why=why)


def _pairs(samples: Sequence[Sample], one: Measure, other: Measure) -> Iterator[tuple[float, float]]:
    """Where both are known."""
    for sample in samples:
        first, second = sample.readings.get(one), sample.readings.get(other)
        if first is not None and second is not None:
            yield first, second


def _typical(values: Iterator[float]) -> float | None:
    known = list(values)
    return median(known) if known else None


def _last(samples: Sequence[Sample], measure: Measure) -> float | None:
    known = [one for sample in samples if (one := sample.readings.get(measure)) is not None]
    return known[-1] if known else None


def used(limits: Sequence[Limit], record: Record | None) -> tuple[Limit, ...]:
    """The same with the share of each that a run had in use at most."""
    samples = () if record is None else record.samples
    return tuple(msgspec.structs.replace(one, used=_share(one, samples)) for one in limits)


def _share(limit: Limit, samples: Sequence[Sample]) -> float | None:
    if limit.resource != Measure.FDS:
        return None
    shares = [opened / most for opened, most in _pairs(samples, Measure.FDS, Measure.FDS_LIMIT) if most]
    return min(max(shares), 1.0) if shares else None  # two looks a moment apart may be more than all
