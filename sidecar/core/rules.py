"""Rules with a threshold: what is compared with what, for how long, and what follows. Data only."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.nouns import Act, Severity, Trouble
from sidecar.core.quantities import Seconds

GIB, MIB = 2.0**30, 2.0**20


class Metric(msgspec.Struct, frozen=True):
    """What a rule looks at: a reading, or a reading as a share of another."""

    measure: Measure
    of: Measure | None = None
    others: tuple[Metric, ...] = ()
    """More of the kind: the highest counts."""

    def value(self, readings: Mapping[Measure, Reading]) -> float | None:
        """The number now; None when it is not known."""
        return self.highest(readings)[0] if self.others else _number(self, readings)

    def highest(self, readings: Mapping[Measure, Reading]) -> tuple[float | None, Measure]:
        """The number now, and what it is of.

        Where there are several, all have to have been looked at; then one that is unknown does not count:
        there is no such limit, say.
        """
        highest: tuple[float, Measure] | None = None
        for one in (self, *self.others):  # by a plain loop: each rule is asked at each observation
            if one.measure not in readings:
                return None, self.measure
            value = _number(one, readings)
            if value is not None and (highest is None or (value, one.measure) > highest):
                highest = value, one.measure
        return highest or (None, self.measure)


def _number(metric: Metric, readings: Mapping[Measure, Reading]) -> float | None:
    number = readings.get(metric.measure)
    if number is None or isinstance(number, Unknown):
        return None
    if metric.of is None:
        return number
    whole = readings.get(metric.of)
    return None if isinstance(whole, Unknown) or not whole else number / whole


class Rule(msgspec.Struct, frozen=True, rename={"last": "for"}):
    """A finding while a value is beyond a threshold: above it, or below if `clear` stands above."""

    threshold: float
    """Beyond this value it is found."""
    clear: float
    """Only at this value is it over: one that wavers around a single line would flap."""
    act: Act = Act.TELL
    """What follows: it is noted, told, forbids to end the server, plans a restart, or restarts at once."""
    last: Seconds = 0.0
    """How long the value has to be beyond before it counts."""
    severity: Severity = Severity.WARN
    """How bad it is."""
    channels: tuple[str, ...] | None = None
    """Who is told; everybody when it is left out."""
    load_threshold: float | None = None
    """In place of the threshold under an announced load; left out, it is the same."""

    def beyond(self, value: float, *, found: bool, loaded: bool = False) -> bool:
        """Whether the value is bad, or (`found`) not good again yet."""
        other = self.load_threshold if loaded else None
        line = self.clear if found else self.threshold if other is None else other
        return value < line if self.clear > self.threshold else value > line


_TASKS = Metric(
    Measure.UNIT_TASKS,
    Measure.UNIT_TASKS_LIMIT,
    others=(
        Metric(Measure.SLICE_TASKS, Measure.SLICE_TASKS_LIMIT),
        Metric(Measure.USER_TASKS, Measure.USER_TASKS_LIMIT),
        Metric(Measure.MACHINE_TASKS, Measure.MACHINE_TASKS_LIMIT),
    ),
)
"""Whichever limit is reached first refuses the next thread, whoever has the others."""

METRICS: dict[Trouble, Metric] = {
    Trouble.DISK_LOW: Metric(Measure.DISK_FREE),
    Trouble.DISK_FULL: Metric(Measure.DISK_FREE),
    Trouble.DISK_FILLING: Metric(Measure.DISK_FULL_IN),
    Trouble.INODES_LOW: Metric(Measure.INODES_FREE),
    Trouble.LOG_LOSS: Metric(Measure.DISK_FREE),
    Trouble.FDS_HIGH: Metric(Measure.FDS, Measure.FDS_LIMIT),
    Trouble.FD_LIMIT: Metric(Measure.FDS, Measure.FDS_LIMIT),
    Trouble.FDS_SPENT: Metric(Measure.FDS, Measure.FDS_LIMIT),
    Trouble.THREAD_LEAK: Metric(Measure.TIMERS_RISE),
    Trouble.THREADS_MANY: Metric(Measure.TIMERS),
    Trouble.THREADS_SPENT: Metric(Measure.THREADS),
    Trouble.TASK_LIMIT: _TASKS,
    Trouble.TASKS_SPENT: _TASKS,
    Trouble.ACCEPT_QUEUE: Metric(Measure.ACCEPT_QUEUE, Measure.ACCEPT_LIMIT),
    Trouble.CLOSE_WAIT: Metric(Measure.CLOSE_WAIT),
    Trouble.ZOMBIES: Metric(Measure.UNACCOUNTED),
    Trouble.OOM_KILLED: Metric(Measure.UNIT_OOM_KILLS_RECENT),
    Trouble.HOST_MEMORY: Metric(Measure.MEMORY_AVAILABLE_SHARE),
    Trouble.HOST_SWAP: Metric(Measure.SWAP_IN),
    Trouble.HOST_PRESSURE: Metric(Measure.MEMORY_FULL),
    Trouble.HOST_STEAL: Metric(Measure.STEAL),
    Trouble.HOST_LOAD: Metric(Measure.LOAD),
}
"""What each rule looks at."""
LOOKS_AT = {
    trouble: frozenset(
        {part for one in (metric, *metric.others) for part in (one.measure, one.of or one.measure)}
    )
    for trouble, metric in METRICS.items()
}
"""The same by its readings: with none of them new a value that was good still is."""

CONDITIONS = frozenset(METRICS) | {
    Trouble.FLAPPING,
    Trouble.HTTP_DEAD,
    Trouble.BAD_CONFIG,
    Trouble.WRONG_PORT,
    Trouble.NO_SUPERVISOR,
    Trouble.WEAK_LIMIT,
    Trouble.CLIENTS_MISSING,
}
"""The findings that can be stories of their own."""

OF_LOAD = frozenset(
    {
        Trouble.FDS_HIGH,
        Trouble.FD_LIMIT,
        Trouble.THREAD_LEAK,
        Trouble.THREADS_MANY,
        Trouble.TASK_LIMIT,
        Trouble.ACCEPT_QUEUE,
        Trouble.CLOSE_WAIT,
        Trouble.ZOMBIES,
        Trouble.HOST_MEMORY,
        Trouble.HOST_SWAP,
        Trouble.HOST_PRESSURE,
        Trouble.HOST_LOAD,
        Trouble.CLIENTS_MISSING,
    }
)
"""What many clients by themselves bring about, so that it is no news while they are announced. No disk is
among them: it stays full when they are gone."""

DEFAULTS: dict[Trouble, Rule] = {
    Trouble.DISK_LOW: Rule(1 * GIB, 1.25 * GIB),
    Trouble.DISK_FULL: Rule(200 * MIB, 250 * MIB, Act.NOTE, severity=Severity.FAIL),
    Trouble.DISK_FILLING: Rule(24 * 3600.0, 36 * 3600.0, last=60.0),
    Trouble.INODES_LOW: Rule(5.0, 7.0),
    Trouble.LOG_LOSS: Rule(1 * MIB, 10 * MIB),
    # Clients are refused at the limit, and the server is well again when some leave.
    Trouble.FDS_HIGH: Rule(0.70, 0.65, Act.NOTE, last=10.0),
    Trouble.FD_LIMIT: Rule(0.85, 0.80, last=10.0),
    Trouble.FDS_SPENT: Rule(0.99, 0.95, Act.RESTART, last=300.0, severity=Severity.FAIL),
    # Each costs an abnormal disconnect; when no thread can be made any more, SIGTERM has no effect.
    Trouble.THREAD_LEAK: Rule(120.0, 60.0, last=60.0),
    Trouble.THREADS_MANY: Rule(1000.0, 800.0, Act.PLAN),
    Trouble.THREADS_SPENT: Rule(4000.0, 3500.0, Act.RESTART, last=60.0, severity=Severity.FAIL),
    # Near a limit that it is under, however few threads that allows. What is there does not go by itself.
    Trouble.TASK_LIMIT: Rule(0.85, 0.80, last=10.0),
    Trouble.TASKS_SPENT: Rule(0.99, 0.95, Act.RESTART, last=60.0, severity=Severity.FAIL),
    Trouble.ACCEPT_QUEUE: Rule(0.95, 0.5, last=10.0),
    Trouble.CLOSE_WAIT: Rule(100.0, 50.0, Act.PLAN, last=120.0),
    Trouble.ZOMBIES: Rule(100.0, 50.0, Act.PLAN, last=180.0),
    # Its own end may follow at once, and would be told: then this is no news.
    Trouble.OOM_KILLED: Rule(0.5, 0.0, last=10.0),
    # It is not the server that is ill: a restart costs its clients, and cannot help.
    Trouble.HOST_MEMORY: Rule(5.0, 8.0, Act.HOLD, last=30.0),
    Trouble.HOST_SWAP: Rule(4 * MIB, 1 * MIB, Act.HOLD, last=30.0),
    Trouble.HOST_PRESSURE: Rule(20.0, 10.0, Act.HOLD, last=30.0),
    Trouble.HOST_STEAL: Rule(30.0, 15.0, Act.HOLD, last=60.0),
    Trouble.HOST_LOAD: Rule(8.0, 4.0, Act.HOLD, last=300.0),
}
"""Each rule with nothing configured."""
