"""A plan to TOML: what differs from the defaults, in a form that is read to the same plan again. Pure."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from fermatkit.toml.plain import written
from loadgen.scenario.plan import Plan

_SUFFIX = {"duration": "s", "size": "B", "rate": "/s"}
"""Of the units in which a plan's numbers are kept."""
_ALWAYS = ("seed", "url", "clients")


def toml(plan: Plan) -> str:
    """The whole file."""
    tables: list[str] = []
    lines = ["\n".join(_table(plan, "", tables))]
    return "\n\n".join([*lines, *tables]) + "\n"


def _table(one: msgspec.Struct, header: str, tables: list[str]) -> Iterator[str]:
    """The lines of one table; those in it are appended to `tables`."""
    if header:
        yield header
    if one.__struct_config__.tag is not None:
        yield f"{one.__struct_config__.tag_field} = {_text(one.__struct_config__.tag)}"
    hints = typing.get_type_hints(type(one), include_extras=True)
    for field in msgspec.structs.fields(one):
        value = getattr(one, field.name)
        if value == field.default and field.name not in _ALWAYS:
            continue
        key = field.encode_name
        if isinstance(value, tuple) and value and all(_is_table(item, hints[field.name]) for item in value):
            tables += ["\n".join(_table(item, f"[[{key}]]", tables)) for item in value]
        elif _is_table(value, hints[field.name]):
            tables.append("\n".join(_table(value, f"[{key}]", tables)))
        else:
            yield f"{key} = {_value(value, hints[field.name])}"


def _extra(hint: object) -> dict[str, typing.Any]:
    notes = [note for note in typing.get_args(written(hint)) if isinstance(note, msgspec.Meta)]
    return {key: what for note in notes for key, what in (note.extra or {}).items()}


def _is_table(value: object, hint: object) -> bool:
    return isinstance(value, msgspec.Struct) and "spell" not in _extra(hint)


def _value(value: object, hint: object) -> str:
    extra = _extra(hint)
    if "spell" in extra:
        return _json(extra["spell"](value))
    if "unit" in extra:
        return _text(number(typing.cast("float", value)) + _SUFFIX[extra["unit"]])
    return number(value) if isinstance(value, float) else _json(value)


def number(value: float) -> str:
    """Digits that are read to the same number again, without an exponent."""
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")


def _text(value: object) -> str:
    return _json(str(value))


def _json(value: object) -> str:
    """Of texts, whole numbers and lists of them JSON is TOML, too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
