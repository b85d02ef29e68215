"""What may not happen in a run, as sentences like ``response p99 < 200ms``: read, and judged. Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Annotated

import msgspec

from fermatkit.errors import meant
from fermatkit.toml.mistakes import Mistake
from fermatkit.toml.texts import shown
from fermatkit.units import parse_duration, parse_rate, parse_share
from loadgen.scenario.acts import Act

TIMES_OF_ONE = ("response", "service", "send lag")
"""Distributions, in seconds, of all operations or of one: ``response p99``, ``list response p99``."""
TIMES = ("connect", "tcp", "upgrade", "first message", "registration", "ping", "loop lag")
"""Likewise, of which each is one thing anyway."""
STATISTICS = ("p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "mean", "max")
COUNTS = {
    "errors": "scheduled",
    "failed": "clients",
    "disconnected": "clients",
    "aborted": "clients",
    "unsent": "scheduled",
    "answered": "sent",
    "lost": "sent",
    "unanswered": "sent",
    "duplicates": "sent",
    "out of order": "sent",
}
"""What is counted → of what a share of it is meant."""
RATES = ("rate",)
"""Answers a second, over all stages."""
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
_SENTENCE = re.compile(r"([^<>=]*)(<=|>=|<|>|=)([^<>=]*)")
_LIKE = '"response p99 < 200ms", "lost = 0" or "errors < 0.1%"'


class Threshold(msgspec.Struct, frozen=True):
    """One sentence, read."""

    text: str
    figure: str
    """The key of what it is about among a run's figures: ``response p99``, ``list lost``."""
    base: str | None
    """… and of what that is a share, if a share is meant."""
    comparison: str
    limit: float
    """Seconds, times, times a second, or a fraction."""


class Judged(msgspec.Struct, frozen=True):
    """A threshold beside what came of it."""

    threshold: Threshold
    value: float | None
    """In the threshold's own unit; None: not known."""
    held: bool | None
    """None when the value is not known: that is no pass."""


def threshold(text: object) -> Threshold:
    """Read a sentence. ValueError says what is wrong in it, and what was meant."""
    found = _SENTENCE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"must be like {_LIKE}, is {shown(text)}")
    figure = " ".join(found[1].split())
    of, name = _operation(figure)
    limit = found[3].strip()
    base: str | None = None
    counted = COUNTS.get(name)
    if counted is not None and not (of and counted == "clients"):
        base = f"{of}{counted}" if limit.endswith("%") else None
        value = parse_share(limit) if base else _count(limit)
    elif name in RATES:
        value = parse_rate(limit)
    elif name in _distributions(TIMES_OF_ONE if of else (*TIMES_OF_ONE, *TIMES)):
        value = parse_duration(limit)
    else:
        raise ValueError(f"{shown(figure)} is not measured; {_near(figure, name)}")
    return Threshold(f"{figure} {found[2]} {limit}", figure, base, found[2], value)


def _distributions(times: tuple[str, ...]) -> list[str]:
    return [f"{time} {statistic}" for time in times for statistic in STATISTICS]


def _operation(figure: str) -> tuple[str, str]:
    """The operation that is named first, with a space; empty for all together. ``connect p99`` is a time."""
    first, _, rest = figure.partition(" ")
    named = first in set(Act) and rest not in STATISTICS
    return (f"{first} ", rest) if named else ("", figure)


def _near(figure: str, name: str) -> str:
    if name in (*TIMES_OF_ONE, *TIMES):
        return f"write which of it: {', '.join(STATISTICS)}"
    everything = [*_distributions((*TIMES_OF_ONE, *TIMES)), *COUNTS, *RATES]
    return meant(figure, everything) if len(figure) > 1 else f"write it like {_LIKE}"


def _count(text: str) -> float:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):  # noqa: PLR2004 - a float holds them exactly
        raise ValueError(f"{shown(text)} is neither a whole number nor a share like 0.1%")
    return float(text)


def read(value: object, path: str, mistakes: list[Mistake]) -> tuple[Threshold, ...]:
    """The thresholds of a list of sentences; mistakes are appended, each with its place in the list."""
    if not isinstance(value, list):
        mistakes.append(Mistake(path, f"must be a list of texts, like {_LIKE}"))
        return ()
    good = []
    for i, text in enumerate(value):
        try:
            good.append(threshold(text))
        except ValueError as error:
            mistakes.append(Mistake(f"{path}[{i}]", str(error)))
    return tuple(good)


def spell(thresholds: tuple[Threshold, ...]) -> list[str]:
    """As they are written."""
    return [one.text for one in thresholds]


Thresholds = Annotated[tuple[Threshold, ...], msgspec.Meta(extra={"table": read, "spell": spell})]


def judge(thresholds: tuple[Threshold, ...], figures: Mapping[str, float | None]) -> tuple[Judged, ...]:
    """Each beside its value among a run's figures (seconds, times, a second); what is missing is unknown."""
    return tuple(_judged(one, figures) for one in thresholds)


def _judged(one: Threshold, figures: Mapping[str, float | None]) -> Judged:
    value = figures.get(one.figure)
    if one.base is not None and value is not None:
        base = figures.get(one.base)
        value = value / base if base else None
    held = None if value is None else _OPERATORS[one.comparison](value, one.limit)
    return Judged(one, value, held)
