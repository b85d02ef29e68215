"""Everything that can be set, found in the types themselves: so nothing is missing, and nothing outdated."""

from __future__ import annotations

import ast
import inspect
import textwrap
import typing
from collections.abc import Iterator
from functools import cache

import msgspec

from sidecar.config import rules
from sidecar.config.settings import Settings
from sidecar.config.spelling import asked, fields, kind_of, notes, spell, unoptional
from sidecar.core.nouns import Trouble
from sidecar.core.rules import DEFAULTS, Rule


class Key(msgspec.Struct, frozen=True):
    """One key of one table."""

    name: str
    kind: str
    """What is written: its type with its unit and bounds, in words."""
    default: str | None
    """As it would be written; None: there is none."""
    required: bool
    meaning: str
    example: str
    """A value as it is written."""


class Table(msgspec.Struct, frozen=True):
    """One table, or the keys before the first one."""

    header: str
    """``[server]``, ``[[channel]]``; empty before the first table."""
    meaning: str
    keys: tuple[Key, ...]


def tables() -> list[Table]:
    """All of them, in the order of a file."""
    return [
        *_tables(Settings, "", "What stands before the first table."),
        *(_rule(trouble, rule) for trouble, rule in DEFAULTS.items()),
    ]


def _tables(kind: type[msgspec.Struct], header: str, meaning: str) -> Iterator[Table]:
    inner: list[tuple[str, str, type[msgspec.Struct]]] = []
    keys = []
    for field, hint in fields(kind):
        path = f"{header.strip('[]')}.{field.encode_name}".removeprefix(".")
        if found := _inner(hint):
            several = typing.get_origin(hint) is tuple
            inner.append((path, f"[[{path}]]" if several else f"[{path}]", found))
        elif not asked(hint).get("table"):
            keys.append(_key(field, hint, meanings(kind)[field.name]))
    yield Table(header, meaning, tuple(keys))
    for _, below, struct in inner:
        yield from _tables(struct, below, _of_table(struct))


def _of_table(kind: type[msgspec.Struct]) -> str:
    """The docstring begins with the table's name: that is the header already."""
    text = _line(inspect.getdoc(kind) or "")
    _, colon, rest = text.partition("`: ")
    return _sentence(rest if colon else text)


def _rule(trouble: Trouble, rule: Rule) -> Table:
    kind = rules.kind(trouble)
    values = {"act": rule.act.value, "severity": rule.severity.value, "channels": None}
    keys = []
    for field, hint in fields(kind):
        value = values.get(field.name, getattr(rule, field.name, None))
        keys.append(_key(field, hint, meanings(Rule)[field.name], value))
    return Table(f"[rules.{trouble}]", _sentence(meanings(Trouble)[trouble.name]), tuple(keys))


def _key(
    field: msgspec.structs.FieldInfo, hint: object, meaning: str, value: object = msgspec.NODEFAULT
) -> Key:
    default = field.default if value is msgspec.NODEFAULT else value
    spelled = None if default in (None, "", (), msgspec.NODEFAULT) else spell(default, hint)
    examples = [note.examples[0] for note in notes(hint) if note.examples]
    return Key(
        field.encode_name,
        kind_of(hint),
        spelled,
        field.required,
        meaning,
        spell(examples[0], hint) if examples else spelled or "",
    )


def _inner(hint: object) -> type[msgspec.Struct] | None:
    """The struct of a table of its own: not one that is written as a value."""
    if any(asked(hint)):
        return None
    found = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else unoptional(hint)
    braces = isinstance(found, type) and issubclass(found, msgspec.Struct) and not _is_table(found)
    return found if isinstance(found, type) and issubclass(found, msgspec.Struct) and not braces else None


def _is_table(kind: type[msgspec.Struct]) -> bool:
    """A struct whose docstring begins with the name of its table."""
    return (inspect.getdoc(kind) or "").startswith("``[")


@cache
def meanings(kind: type) -> dict[str, str]:
    """The docstring under each attribute of a class, as one line. KeyError for who asks for one without."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    found: dict[str, str] = {}
    name = ""
    for node in typing.cast("ast.ClassDef", body).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                continue
            case ast.Expr(value=ast.Constant(value=str(text))) if name:
                found[name] = _line(text)
        name = ""
    return found


def _line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
