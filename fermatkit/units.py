"""Text with a unit to numbers and back: durations in seconds, sizes in bytes, shares as fractions."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+|%)\s*")


def _quantity(text: str, units: dict[str, float] | dict[str, int], example: str) -> float:
    match = _QUANTITY.fullmatch(text)
    if match is None or match[2] not in units:
        raise ValueError(
            f"{text!r} is not a number with one of the units {', '.join(units)} (like {example!r})"
        )
    return float(match[1]) * units[match[2]]


def parse_duration(text: str) -> float:
    """Seconds of a text like ``"1.5s"`` or ``"10m"``; ValueError says which units there are."""
    return _quantity(text, _SECONDS, "10s")


def parse_size(text: str) -> int:
    """Bytes of a text like ``"10MiB"``; ValueError says which units there are."""
    return int(_quantity(text, _BYTES, "10MiB"))


def parse_share(text: str) -> float:
    """The fraction of a text like ``"85%"``: 0.85; ValueError for anything else."""
    return _quantity(text, {"%": 0.01}, "85%")


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
