"""Numbers as a language writes them."""

from __future__ import annotations

from collections.abc import Callable

from fermatkit.units import format_duration, format_size
from sidecar.faces.words import Words


def written(number: str, words: Words) -> str:
    """A number in Python's spelling: ``"4,021.5"``."""
    numbers = words.numbers
    return number.replace(",", "\0").replace(".", numbers.decimal).replace("\0", numbers.thousands)


def count(value: float, words: Words) -> str:
    """How many, rounded."""
    return written(f"{value:,.0f}", words)


def duration(seconds: float, words: Words) -> str:
    """Seconds, two units at most."""
    return written(format_duration(seconds), words)


def size(value: float, words: Words) -> str:
    """Bytes."""
    return written(format_size(value), words)


def rate(value: float, words: Words) -> str:
    """Bytes a second."""
    return f"{size(value, words)}/s"


def milliseconds(seconds: float, words: Words) -> str:
    """Seconds as milliseconds, to a tenth."""
    return written(f"{seconds * 1000:.1f} ms", words)


def share(value: float, words: Words) -> str:
    """A fraction, in percent."""
    return words.numbers.share.format(number=f"{value:.0%}".removesuffix("%"))


def percent(value: float, words: Words) -> str:
    """What is in percent already."""
    return words.numbers.percent.format(number=f"{value:.0f}")


def _of_milliseconds(value: float, words: Words) -> str:
    return milliseconds(value / 1000, words)


_SPELL: dict[str, Callable[[float, Words], str]] = {
    "bytes": size,
    "bytes/s": rate,
    "percent": percent,
    "seconds": duration,
    "ms": _of_milliseconds,
}


def quantity(value: float, unit: str, words: Words) -> str:
    """A number with its unit, as a measure names that; of whatever is only counted, how many."""
    return _SPELL.get(unit, count)(value, words)
