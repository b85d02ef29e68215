"""Seconds of a server's life, for histories to be written."""

from __future__ import annotations

import time
from collections.abc import Iterable

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.facts import SignFact
from sidecar.core.nouns import Sign
from sidecar.store.history.moments import Moment
from sidecar.store.history.points import Verdict

T0 = 1_800_000_000
"""A multiple of 600: a step of each level begins there."""


def second(at: int, verdict: Verdict = Verdict.PASS, cpu: Reading | None = None) -> Moment:
    """A second whose CPU is the last two digits of its time, unless that is given."""
    readings = {
        Measure.CPU: float(at % 100) if cpu is None else cpu,
        Measure.THREADS: Unknown("not asked"),
        Measure.MEMORY: 2.0**30,
    }
    return Moment(at, verdict, verdict, readings, {Sign.PONG: SignFact(good_at=1.0, latency=at % 100 / 1000)})


def seconds(times: Iterable[int]) -> list[Moment]:
    return [second(at) for at in times]


def whole_minute() -> int:
    """The minute that now is in, epoch seconds."""
    return int(time.time()) // 60 * 60
