"""How the latencies are distributed: the value that each percentage of the messages did not exceed. Pure."""

from __future__ import annotations

import msgspec

from loadgen.summary import milliseconds
from loadgen.tally import MESSAGES, Tally, together

PERCENTS = (0.1, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999, 100)
_TENTH = 100.0


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds."""

    percent: float
    response_ms: float
    service_ms: float


def curve(tally: Tally) -> tuple[Point, ...]:
    """No percentage that needs more messages than there were: 99.9 % of a hundred is their greatest."""
    counts = together(tally, MESSAGES)
    total = min(counts.response.total, counts.service.total)
    wanted = [percent for percent in PERCENTS if percent == _TENTH or total * (1 - percent / 100) >= 1]
    response, service = counts.response.percentiles(wanted), counts.service.percentiles(wanted)
    return tuple(
        Point(percent=percent, response_ms=milliseconds(slow) or 0.0, service_ms=milliseconds(quick) or 0.0)
        for percent, slow, quick in zip(wanted, response, service, strict=True)
        if slow is not None and quick is not None
    )
