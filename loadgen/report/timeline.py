"""The seconds of a run as columns of numbers, one a line of a chart; of a long run several are one point.

Histograms are merged by addition, so a point's percentiles are exactly those of all its seconds, and its
maximum is the greatest of them: nothing is left out, however long the run was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import ceil

import msgspec

from loadgen.figures import STAGED
from loadgen.histogram import Histogram
from loadgen.results import Second
from loadgen.summary import milliseconds
from loadgen.tally import ASKED, Counts, Operation, Tally, together

POINTS = 600
"""At most so many."""
SHORTEST = 0.5
"""Seconds. One answer in the last few milliseconds of a run would be hundreds a second."""
KINDS = 3
"""Kinds of errors with a line of their own, the most frequent: with the others together, the page's four."""
Column = tuple[float | None, ...]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of the same length. None: nothing happened that could be measured."""

    at: tuple[float, ...]
    """Seconds since the start, at the end of each point."""
    phases: tuple[tuple[str, float], ...]
    """Each phase, and when it began."""
    staged: bool
    """The load are the messages of the stages; if there are none, all that clients ask for, pings too."""
    offered: Column
    """Due, a second."""
    achieved: Column
    """Answered, a second."""
    registered: Column
    """Clients, at the end."""
    response_p50: Column
    """Milliseconds, like all latencies here."""
    response_p90: Column
    response_p99: Column
    response_max: Column
    service_p50: Column
    service_p90: Column
    service_p99: Column
    service_max: Column
    connect_p99: Column
    """From when a connect was due until its registration was answered."""
    lag_p99: Column
    """How late the generator sent."""
    loop_lag_p99: Column
    """How late its own event loop was."""
    processor: Column
    """Of one core, percent; of several workers together."""
    errors: dict[str, Column]
    """Kind → how often, a second; the most frequent kinds."""
    other_errors: Column
    """All other kinds together."""


def timeline(seconds: Sequence[Second], points: int = POINTS) -> Timeline:
    """At most `points` points of all the seconds, in order."""
    step = max(1, ceil(len(seconds) / points))
    groups = [[*seconds[at : at + step]] for at in range(0, len(seconds), step)]
    if len(groups) > 1 and groups[-1][-1].at - groups[-2][-1].at < SHORTEST:
        rest = groups.pop()
        groups[-1] += rest
    tallies = [_sum(group) for group in groups]
    ends = [group[-1].at for group in groups]
    lengths = [max(end - begin, 1e-3) for begin, end in zip([0.0, *ends], ends, strict=False)]
    load = _load(tallies)
    loads = [together(tally, load) for tally in tallies]
    kinds = [kind for kind, _ in _frequency(tallies).most_common(KINDS)]

    def each(count: Callable[[Counts], int]) -> Column:
        return tuple(_rounded(count(one) / length) for one, length in zip(loads, lengths, strict=True))

    def late(pick: Callable[[Counts], Histogram], percent: float) -> Column:
        return tuple(milliseconds(pick(one).percentile(percent)) for one in loads)

    def own(pick: Callable[[Tally], float | None]) -> Column:
        return tuple(pick(tally) for tally in tallies)

    return Timeline(
        at=tuple(ends),
        phases=_phases(seconds),
        staged=load is STAGED,
        offered=each(lambda counts: counts.scheduled),
        achieved=each(lambda counts: counts.answered),
        registered=tuple(group[-1].registered for group in groups),
        response_p50=late(lambda counts: counts.response, 50),
        response_p90=late(lambda counts: counts.response, 90),
        response_p99=late(lambda counts: counts.response, 99),
        response_max=late(lambda counts: counts.response, 100),
        service_p50=late(lambda counts: counts.service, 50),
        service_p90=late(lambda counts: counts.service, 90),
        service_p99=late(lambda counts: counts.service, 99),
        service_max=late(lambda counts: counts.service, 100),
        connect_p99=own(
            lambda tally: milliseconds(tally.accounts[Operation.CONNECT].response.percentile(99))
        ),
        lag_p99=late(lambda counts: counts.lag, 99),
        loop_lag_p99=own(lambda tally: milliseconds(tally.loop_lag.percentile(99))),
        processor=tuple(
            _rounded(100 * tally.cpu / length) for tally, length in zip(tallies, lengths, strict=True)
        ),
        errors={kind: _errors(tallies, lengths, {kind}) for kind in kinds},
        other_errors=_errors(tallies, lengths, set(_frequency(tallies)) - set(kinds)),
    )


def _sum(seconds: Sequence[Second]) -> Tally:
    tally = Tally()
    for second in seconds:
        tally.add(second.tally)
    return tally


def _load(tallies: Sequence[Tally]) -> tuple[Operation, ...]:
    staged = any(tally.accounts[one].scheduled for tally in tallies for one in STAGED)
    return STAGED if staged else ASKED


def _frequency(tallies: Sequence[Tally]) -> Counter[str]:
    found: Counter[str] = Counter()
    for tally in tallies:
        found.update(tally.errors)
    return found


def _errors(tallies: Sequence[Tally], lengths: Sequence[float], kinds: set[str]) -> Column:
    sums = (sum(count for kind, count in tally.errors.items() if kind in kinds) for tally in tallies)
    return tuple(_rounded(found / length) for found, length in zip(sums, lengths, strict=True))


def _phases(seconds: Sequence[Second]) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    before = 0.0
    for second in seconds:
        found.setdefault(second.phase, before)
        before = second.at
    return tuple(found.items())


def _rounded(value: float) -> float:
    return round(value, 3)
