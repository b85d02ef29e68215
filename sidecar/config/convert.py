"""One TOML table to one struct, collecting every mistake with the path of its key."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from fermatkit.units import parse_duration, parse_share, parse_size

S = TypeVar("S", bound=msgspec.Struct)

_UNITS: dict[str, Callable[[str], float]] = {
    "duration": parse_duration,
    "size": parse_size,
    "share": parse_share,
}
"""The units a field may ask for by its Meta, and who reads them."""


class Mistake(msgspec.Struct, frozen=True):
    """Something wrong in the file."""

    path: str
    """Of the key: ``server.port``, ``channel[1].url``."""
    problem: str


def convert(table: object, kind: type[S], path: str, mistakes: list[Mistake]) -> S | None:
    """The struct that this table spells; None, and the mistakes appended, when it does not."""
    if not isinstance(table, dict):
        mistakes.append(Mistake(path, f"must be a table ([{path}])"))
        return None
    before = len(mistakes)
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            mistakes.append(Mistake(_under(path, key), _unknown(key, fields)))
        else:
            field = fields[key]
            values[field.name] = _value(value, hints[field.name], _under(path, key), mistakes)
    for key, field in fields.items():
        if field.required and key not in table:
            mistakes.append(Mistake(_under(path, key), "is missing, and has no default"))
    return kind(**values) if len(mistakes) == before else None


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _unknown(key: str, known: typing.Iterable[str]) -> str:
    near = difflib.get_close_matches(key, list(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(sorted(known))}"
    return f"is not a setting; {hint}"


def _value(value: object, hint: Any, path: str, mistakes: list[Mistake]) -> Any:
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and _is_struct(arguments[0]):
        if not isinstance(value, list):
            mistakes.append(Mistake(path, f"must be a list of tables ([[{path}]])"))
            return ()
        return tuple(convert(one, arguments[0], f"{path}[{i}]", mistakes) for i, one in enumerate(value))
    if _is_struct(hint):
        return convert(value, hint, path, mistakes)
    try:
        return _plain(value, hint)
    except (ValueError, msgspec.ValidationError) as error:
        mistakes.append(Mistake(path, _lowered(str(error))))
        return None


def _plain(value: object, hint: Any) -> Any:
    unit = next((m.extra["unit"] for m in typing.get_args(hint)[1:] if getattr(m, "extra", None)), None)
    if unit is not None:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} has no unit; write it as a text like {_EXAMPLES[unit]}")
        value = _UNITS[unit](value)
    return msgspec.convert(value, hint, dec_hook=lambda kind, plain: kind(plain))


_EXAMPLES = {"duration": '"10s"', "size": '"10MiB"', "share": '"10%"'}


def _lowered(sentence: str) -> str:
    """Libraries write a sentence; here it follows the name of a key."""
    return sentence[:1].lower() + sentence[1:]


def _is_struct(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)
