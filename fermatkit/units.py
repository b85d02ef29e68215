"""Text with a unit to numbers and back: durations in seconds, sizes in bytes, shares, rates a second."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SHARES = {"%": 0.01}
_RATES = {"/h": 1 / 3600, "/m": 1 / 60, "/s": 1.0}
_WRITTEN: dict[str, Mapping[str, float]] = {
    "duration": _SECONDS, "size": _BYTES, "share": _SHARES, "rate": _RATES,
}  # fmt: skip
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+|%|/[a-z])\s*")
_TIME_OF_DAY = re.compile(r"\s*([01][0-9]|2[0-3]):([0-5][0-9])\s*")
_LONGEST = 40
"""Characters of a wrong text that are repeated to its writer."""
_MOST_SECONDS = 3650 * 86400.0
_MOST_BYTES = 2.0**60
_MOST_SHARE = 100.0
_MOST_RATE = 1e9
"""Beyond any clock and disk of ours: what is above has a digit or a unit too many."""


def _quantity(text: str, units: Mapping[str, float], example: str, most: float) -> float:
    match = _QUANTITY.fullmatch(text)
    if match is None or match[2] not in units:
        raise ValueError(
            f"{_short(text)} is not a number with one of the units {', '.join(units)} (like {example!r})"
        )
    size = units[match[2]]
    # By division where the unit is a part: 70 times a hundredth is a little more than seven tenths.
    amount = float(match[1]) * size if size >= 1 else float(match[1]) / round(1 / size)
    if amount > most:
        raise ValueError(f"{_short(text)} is beyond all measure: write at most {in_unit_of(text, most)}")
    return amount


def _short(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def in_unit_of(text: str, amount: float) -> str:
    """An amount as whoever wrote this quantity would write it: ``("30ms", 1.0)`` → ``"1000ms"``.

    In a smaller unit where it would be a fraction: ``("0h", 1.0)`` → ``"1s"``.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{_short(text)} is not a number with a unit")
    units = next(units for units in (_SECONDS, _BYTES, _SHARES, _RATES) if match[2] in units)
    smaller = sorted((size, name) for name, size in units.items() if size <= units[match[2]])
    size, name = next((one for one in reversed(smaller) if amount >= one[0] or amount == 0), smaller[0])
    return f"{amount / size:.6f}".rstrip("0").rstrip(".") + name


def parse_duration(text: str) -> float:
    """Seconds of a text like ``"1.5s"`` or ``"10m"``; ValueError says which units there are."""
    return _quantity(text, _SECONDS, "10s", _MOST_SECONDS)


def parse_size(text: str) -> int:
    """Bytes of a text like ``"10MiB"``; ValueError says which units there are."""
    return int(_quantity(text, _BYTES, "10MiB", _MOST_BYTES))


def parse_share(text: str) -> float:
    """The fraction of a text like ``"85%"``: 0.85; ValueError for anything else."""
    return _quantity(text, _SHARES, "85%", _MOST_SHARE)


def parse_rate(text: str) -> float:
    """Times a second of a text like ``"250/s"`` or ``"30/m"``; ValueError says which units there are."""
    return _quantity(text, _RATES, "250/s", _MOST_RATE)


def parse_time_of_day(text: str) -> float:
    """Seconds after midnight of a text like ``"03:00"``, to the minute; ValueError for anything else."""
    match = _TIME_OF_DAY.fullmatch(text)
    if match is None:
        raise ValueError(f"{_short(text)} is not a time of day (like '03:00', from 00:00 to 23:59)")
    return int(match[1]) * 3600.0 + int(match[2]) * 60.0


def write(amount: float, unit: str) -> str:
    """The shortest text that is read as this amount of a duration, size, share, rate or time of day.

    ``(600.0, "duration")`` → ``"10m"``, ``(0.85, "share")`` → ``"85%"``.
    """
    if unit == "time of day":
        return f"{int(amount // 3600):02}:{int(amount % 3600 // 60):02}"
    units = _WRITTEN[unit]
    whole = ((size, name) for name, size in units.items() if amount >= size and (amount / size).is_integer())
    size, name = max(whole, default=(1.0, next(name for name, size in units.items() if size in (1, 0.01))))
    scale = 100 if name == "%" else 1 / size
    return f"{amount * scale:.10f}".rstrip("0").rstrip(".") + name


def format_duration(seconds: float) -> str:
    """A duration for people, two units at most: ``"0.4 ms"``, ``"3.2 s"``, ``"4 min 5 s"``, ``"2 d 3 h"``."""
    if 0 < seconds < 0.01:  # noqa: PLR2004 - below ten of a unit a tenth matters to the reader
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:  # noqa: PLR2004 - likewise
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, name, smaller, smaller_name in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            count, rest = divmod(whole, size)
            tail = f" {rest // smaller} {smaller_name}" if rest // smaller else ""
            return f"{count} {name}{tail}"
    return f"{whole} s"


def format_size(size: float) -> str:
    """A size for people: ``"812 B"``, ``"31.4 MiB"``."""
    for name, factor in reversed(_BYTES.items()):
        if size >= factor and name != "B":
            return f"{size / factor:.1f} {name}"
    return f"{size:.0f} B"
