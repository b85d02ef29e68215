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

    def value(self, readings: Mapping[Measure, Reading]) -> float | None:
        """The number now; None when it is not known."""
        number = readings.get(self.measure)
        whole = readings.get(self.of) if self.of else 1.0
        if number is None or whole is None or isinstance(number, Unknown) or isinstance(whole, Unknown):
            return None
        return number / whole if whole else None


class Rule(msgspec.Struct, frozen=True, rename={"last": "for"}):
    """A finding while a value is beyond a threshold: above it, or below if `clear` stands above."""

    threshold: float
    clear: float
    """Only at this value is it over: one that wavers around a single line would flap."""
    act: Act = Act.TELL
    last: Seconds = 0.0
    """How long the value has to be beyond before it counts."""
    severity: Severity = Severity.WARN
    channels: tuple[str, ...] | None = None
    """Who is told; None: everybody."""

    def beyond(self, value: float, *, found: bool) -> bool:
        """Whether the value is bad, or (`found`) not good again yet."""
        if self.clear > self.threshold:
            return value < (self.clear if found else self.threshold)
        return value > (self.clear if found else self.threshold)


METRICS: dict[Trouble, Metric] = {
    Trouble.DISK_LOW: Metric(Measure.DISK_FREE),
    Trouble.DISK_FULL: Metric(Measure.DISK_FREE),
    Trouble.FDS_HIGH: Metric(Measure.FDS, Measure.FDS_LIMIT),
    Trouble.FD_LIMIT: Metric(Measure.FDS, Measure.FDS_LIMIT),
    Trouble.FDS_SPENT: Metric(Measure.FDS, Measure.FDS_LIMIT),
}
"""What each rule looks at."""

CONDITIONS = frozenset(METRICS) | {Trouble.HTTP_DEAD}
"""The findings that can be stories of their own."""

DEFAULTS: dict[Trouble, Rule] = {
    Trouble.DISK_LOW: Rule(1 * GIB, 1.25 * GIB),
    Trouble.DISK_FULL: Rule(200 * MIB, 250 * MIB, Act.NOTE, severity=Severity.FAIL),
    # Clients are refused at the limit, and the server is well again when some leave.
    Trouble.FDS_HIGH: Rule(0.70, 0.65, Act.NOTE, last=10.0),
    Trouble.FD_LIMIT: Rule(0.85, 0.80, last=10.0),
    Trouble.FDS_SPENT: Rule(0.99, 0.95, Act.RESTART, last=300.0, severity=Severity.FAIL),
}
"""Each rule with nothing configured."""
