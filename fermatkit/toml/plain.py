"""One value of the file to one value of a setting, or a ValueError that says what to write instead."""

from __future__ import annotations

import operator
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from fermatkit.toml.texts import cut, shown
from fermatkit.units import in_unit_of, parse_duration, parse_rate, parse_share, parse_size, parse_time_of_day

_UNITS: dict[str, tuple[Callable[[str], float], str]] = {
    "duration": (parse_duration, '"10s"'),
    "size": (parse_size, '"10MiB"'),
    "share": (parse_share, '"10%"'),
    "rate": (parse_rate, '"250/s"'),
    "time of day": (parse_time_of_day, '"03:00"'),
}
"""The units a field may ask for by its Meta: who reads them, and how they are written."""
_BOUNDS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("ge", operator.ge, "at least"),
    ("gt", operator.gt, "more than"),
    ("le", operator.le, "at most"),
    ("lt", operator.lt, "less than"),
)


def plain(value: object, hint: object) -> object:
    """The value that a field with this type hint takes."""
    hint = written(hint)
    metas = [note for note in typing.get_args(hint)[1:] if isinstance(note, msgspec.Meta)]
    asked = {key: what for meta in metas for key, what in (meta.extra or {}).items()}
    if "read" in asked:
        return asked["read"](value)
    if "unit" in asked:
        return _quantity(value, asked["unit"], metas)
    if isinstance(value, int | float):
        _bounded(value, metas, shown(value), str)
    try:
        return msgspec.convert(value, hint, dec_hook=lambda kind, raw: kind(raw))
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, ValueError):  # the type's own words; what it read may be a secret
            raise error.__cause__ from None
        raise ValueError(f"must be {_wanted(hint, metas)}, is {shown(value)}") from None


def written(hint: object) -> object:
    """Without the None of what may be left out: nobody can write that in TOML."""
    kinds = [kind for kind in typing.get_args(hint) if typing.get_origin(kind) is typing.Annotated]
    optional = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return kinds[0] if optional and kinds else hint


def _quantity(value: object, unit: str, metas: list[msgspec.Meta]) -> float:
    parse, example = _UNITS[unit]
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} has no unit; write it as a text like {example}")  # noqa: TRY004 - one kind of error for all mistakes
    amount = parse(value)
    _bounded(amount, metas, cut(value.strip()), lambda bound: in_unit_of(value, bound))
    return amount


def _bounded(amount: float, metas: list[msgspec.Meta], text: str, spell: Callable[[float], str]) -> None:
    """ValueError, with amounts spelled as the writer spells them, when a bound is passed."""
    for bound, holds, words in _bounds(metas):
        if not holds(amount, bound):
            raise ValueError(f"must be {words} {spell(bound)}, is {text}")


def _bounds(metas: list[msgspec.Meta]) -> Iterator[tuple[float, Callable[[Any, Any], bool], str]]:
    for meta in metas:
        for name, holds, words in _BOUNDS:
            if (bound := getattr(meta, name)) is not None:
                yield bound, holds, words


def _wanted(hint: object, metas: list[msgspec.Meta]) -> str:
    """What a field takes, in words."""
    described = next((meta.description for meta in metas if meta.description), None)
    if described is not None:
        return described
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(repr(choice) for choice in typing.get_args(hint))
    kind = typing.get_args(hint)[0] if metas else hint
    return _WORDS.get(kind, str(kind))


_WORDS: dict[Any, str] = {int: "a whole number, without quotes", str: "a text, in quotes", float: "a number"}
