"""A setting's type in words, and its values as a file has them: `fermatkit.toml` the other way round."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import msgspec

from fermatkit.toml.plain import written
from fermatkit.units import write
from sidecar.config.secrets import Secret

_UNITS = {
    "duration": "duration",
    "size": "size",
    "share": "percentage",
    "percent": "percentage",
    "rate": "rate",
    "time of day": "time of day, UTC",
}
_PLAIN: dict[Any, str] = {str: "text", int: "whole number", float: "number", Secret: "secret"}
_BOUNDS = (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than"))


def spell(value: Any, hint: object) -> str:
    """A value as a file has it."""
    unit = asked(hint).get("unit")
    if unit == "percent":
        return _text(write(value / 100, "share"))
    if unit is not None:
        return _text(write(value, unit))
    if isinstance(value, msgspec.Struct):
        parts = (
            f"{field.encode_name} = {spell(getattr(value, field.name), h)}"
            for field, h in fields(type(value))
        )
        return f"{{ {', '.join(parts)} }}"
    if isinstance(value, tuple):
        inside = next(iter(typing.get_args(hint)), Any)
        return f"[{', '.join(spell(one, inside) for one in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {spell(one, str)}' for key, one in value.items())} }}"
    if isinstance(value, float):
        return f"{value:g}"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def kind_of(hint: object) -> str:
    """What is written, in words."""
    extra, beside = asked(hint), notes(hint)
    plain = typing.get_args(hint)[0] if beside else hint
    if choices := extra.get("choices") or _choices(plain):
        return f"one of {', '.join(_text(one) for one in choices)}"
    if "unit" in extra:
        words = _UNITS[extra["unit"]]
    elif isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        words = f"like {spell(_some(plain), plain)}"
    elif typing.get_origin(plain) is tuple:
        return f"list: {kind_of(typing.get_args(plain)[0])}"
    else:
        words = _PLAIN[unoptional(plain)]
    bounds = [_bound(name, in_words, note, extra) for name, in_words in _BOUNDS for note in beside]
    return ", ".join([words, *filter(None, bounds)])


def _bound(name: str, words: str, note: msgspec.Meta, extra: dict[str, Any]) -> str:
    bound, unit = getattr(note, name), extra.get("unit")
    trivial = bound is None or (name == "ge" and bound == 0) or unit == "time of day"
    return "" if trivial else f"{words} {write(bound, unit) if unit else f'{bound:g}'}"


def _some(kind: type[msgspec.Struct]) -> msgspec.Struct:
    """One of a kind that is written in braces: all of its numbers are counts and durations."""
    return kind(*(600.0 if "unit" in asked(hint) else 20 for _, hint in fields(kind)))


def _choices(hint: object) -> tuple[str, ...]:
    if typing.get_origin(hint) is typing.Literal:
        return tuple(typing.get_args(hint))
    return tuple(hint) if isinstance(hint, type) and issubclass(hint, StrEnum) else ()


def unoptional(hint: object) -> object:
    """Without the None of what may be left out."""
    return next((one for one in typing.get_args(hint) if one is not type(None)), hint)


def fields(kind: type[msgspec.Struct]) -> Iterator[tuple[msgspec.structs.FieldInfo, Any]]:
    """Each field of a struct with its type hint."""
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        yield field, written(hints[field.name])


def notes(hint: object) -> list[msgspec.Meta]:
    """What stands beside the type."""
    return [note for note in typing.get_args(hint) if isinstance(note, msgspec.Meta)]


def asked(hint: object) -> dict[str, Any]:
    """What of it is for the reading."""
    return {key: what for note in notes(hint) for key, what in (note.extra or {}).items()}


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
