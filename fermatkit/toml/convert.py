"""One TOML table to one struct, collecting every mistake with the path of its key."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from fermatkit.errors import meant
from fermatkit.toml.mistakes import Mistake
from fermatkit.toml.plain import plain, written
from fermatkit.toml.texts import cut

S = TypeVar("S", bound=msgspec.Struct)
_BARE = re.compile(r"[A-Za-z0-9_-]{1,40}")


def convert(table: object, kind: type[S], path: str, mistakes: list[Mistake]) -> S | None:
    """The struct that this table spells; None, and the mistakes appended, when it does not."""
    before = len(mistakes)
    found = values(table, kind, path, mistakes)
    return kind(**found) if len(mistakes) == before else None


def values(table: object, kind: type[msgspec.Struct], path: str, mistakes: list[Mistake]) -> dict[str, Any]:
    """The struct's values that are written in this table, None for the wrong ones; mistakes are appended."""
    if not isinstance(table, dict):
        mistakes.append(Mistake(path, f"must be a table ([{path}])"))
        return {}
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            mistakes.append(Mistake(under(path, key), unknown(key, fields)))
        else:
            field = fields[key]
            found[field.name] = _value(value, hints[field.name], under(path, key), mistakes)
    for key, field in fields.items():
        if field.required and key not in table:
            mistakes.append(Mistake(under(path, key), "is missing, and has no default"))
    return found


def under(path: str, key: str) -> str:
    """The path of a key in a table."""
    shown = key if _BARE.fullmatch(key) else cut(json.dumps(key))
    return f"{path}.{shown}" if path else shown


def unknown(key: str, known: Iterable[str]) -> str:
    """That there is no such key, and which may be meant."""
    return f"is not a setting; {meant(key, sorted(known), all_of_them='known here')}"


def _value(value: object, hint: Any, path: str, mistakes: list[Mistake]) -> Any:
    hint = written(hint)
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and _is_struct(arguments[0]):
        if not isinstance(value, list):
            mistakes.append(Mistake(path, f"must be a list of tables ([[{path}]])"))
            return ()
        return tuple(convert(one, arguments[0], f"{path}[{i}]", mistakes) for i, one in enumerate(value))
    readers = [note.extra["table"] for note in arguments if _extra(note).get("table")]
    if readers:
        return readers[0](value, path, mistakes)
    reads = any("read" in _extra(note) for note in arguments)  # a struct, maybe, but written as one value
    # Also of a table that may be left out.
    structs = [] if reads else [one for one in (hint, *arguments) if _is_struct(one)]
    if structs:
        return convert(value, structs[0], path, mistakes)
    try:
        return plain(value, hint)
    except ValueError as error:
        mistakes.append(Mistake(path, str(error)))
        return None


def _extra(note: object) -> dict[str, Any]:
    return (note.extra or {}) if isinstance(note, msgspec.Meta) else {}


def _is_struct(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)
