"""Several runs before and several after: better, worse, or no difference that these runs could show. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from statistics import fmean, median

import msgspec

from fermatkit.measures import Measure
from loadgen.record import Record
from loadgen.significance import enough, p_value, ratio, significant
from loadgen.summary import Summary

LEAST = 0.05
"""A smaller difference of the medians, as a share, matters to nobody, however sure it is."""
LEAST_SHARE = 0.001
"""Likewise of the clients and messages that came to nothing."""


class Sense(StrEnum):
    """What the new runs are beside the old ones."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "no difference"
    """None that could be told from chance, or one that matters to nobody."""
    UNKNOWN = "too few runs to tell"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of both groups."""

    name: str
    unit: str
    old: float
    """The median."""
    new: float
    ratio: float | None
    """Of all pairs, the median of new over old; None where an old one is nothing."""
    least: float | None
    """Its 95 % interval."""
    most: float | None
    p: float
    """How often chance alone makes as much of a difference."""
    sense: Sense


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    sense: Sense
    """Worse if any figure is worse; better if any is better and none worse."""
    runs: tuple[int, int]
    needed: int
    """Runs on each side from which a difference of one figure can be told from chance."""
    figures: tuple[Judged, ...]


def _share(summary: Summary) -> float:
    """Of clients and messages, those that came to nothing."""
    clients, messages = summary.clients, summary.messages
    asked = clients.asked + messages.scheduled
    bad = clients.failed + clients.lost + messages.unsent + messages.lost + messages.in_flight
    return bad / asked if asked else 0.0


def _processor(record: Record) -> float | None:
    """Of the server, on average."""
    known = [one for sample in record.samples if (one := sample.readings.get(Measure.CPU)) is not None]
    return fmean(known) if known else None


FIGURES: dict[str, tuple[str, Callable[[Record], float | None]]] = {
    "response p50": ("ms", lambda record: record.summed().latency_ms.p50),
    "response p99": ("ms", lambda record: record.summed().latency_ms.p99),
    "connect p99": ("ms", lambda record: record.summed().connect_ms.p99),
    "came to nothing": ("%", lambda record: 100 * _share(record.summed())),
    "server's CPU": ("% core", _processor),
}
"""What is judged; of all of them less is better. A few: each more asks for more runs."""


def judged(old: Sequence[Record], new: Sequence[Record]) -> Judgement:
    """Both groups, at least one run each. A figure that one run does not have is not judged."""
    found = {name: (_values(old, pick), _values(new, pick)) for name, (_, pick) in FIGURES.items()}
    known = {name: (before, after) for name, (before, after) in found.items() if before and after}
    needed = enough(max(1, len(known)))
    few = min(len(old), len(new)) < needed
    p_values = {name: p_value(before, after) for name, (before, after) in known.items()}
    sure = significant(p_values)
    figures = tuple(
        _figure(name, before, after, p_values[name], _sense(name, before, after, name in sure, few))
        for name, (before, after) in known.items()
    )
    return Judgement(sense=_overall(figures), runs=(len(old), len(new)), needed=needed, figures=figures)


def _values(records: Sequence[Record], pick: Callable[[Record], float | None]) -> list[float]:
    values = [pick(record) for record in records]
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else []


def _figure(name: str, old: list[float], new: list[float], p: float, sense: Sense) -> Judged:
    of_pairs = ratio(old, new)
    middle, least, most = of_pairs or (None, None, None)
    return Judged(
        name=name, unit=FIGURES[name][0], old=median(old), new=median(new), ratio=middle, least=least,
        most=most, p=p, sense=sense,
    )  # fmt: skip


def _sense(name: str, old: list[float], new: list[float], sure: bool, few: bool) -> Sense:  # noqa: FBT001 - two answers
    if not sure:
        return Sense.UNKNOWN if few else Sense.SAME
    before, after = median(old), median(new)
    least = 100 * LEAST_SHARE if FIGURES[name][0] == "%" else LEAST * before
    if abs(after - before) < least:
        return Sense.SAME
    return Sense.WORSE if after > before else Sense.BETTER


def _overall(figures: Sequence[Judged]) -> Sense:
    senses = {figure.sense for figure in figures}
    for sense in (Sense.WORSE, Sense.BETTER, Sense.UNKNOWN):
        if sense in senses:
            return sense
    return Sense.SAME if figures else Sense.UNKNOWN
