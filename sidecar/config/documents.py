"""What can be set, for people: an example of a file, and the reference in Markdown. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from fermatkit.measures import Measure
from sidecar.config.reference import Key, Table, tables
from sidecar.core.nouns import Trouble
from sidecar.core.rules import METRICS

_WIDTH = 110
_RULES = "[rules."
_SHOWN = Trouble.DISK_LOW
"""The rule whose keys are written out; of the others only the numbers differ."""
_OF_RULES = dict.fromkeys(("threshold", "clear"), "in the unit of what it looks at: size, percentage …")
_INTRODUCTION = """\
# Configuration

Every key of `sidecar.toml`, as the program itself knows them: `fermat-sidecar config` prints this page, and
`fermat-sidecar config --example` a file with all of it. `fermat-sidecar check` says what is wrong with yours.

Only `[server]` has to be there. A duration is a text like `"1.5s"`, `"10m"` or `"1d"`; a size `"512MiB"`; a
percentage `"85%"`; a time of day `"03:00"`, always UTC. A secret is a text, or `{ credential = "NAME" }`:
then systemd hands over the file of that name in `/etc/fermat-sidecar/credentials`. Relative paths begin where
the file is.
"""
_ABOUT_RULES = """\
## `[rules.NAME]`

A rule finds something while a value is beyond its threshold: above it, or below where `clear` is the higher
one. Each key has a default of its own in every rule. With `act` `"note"` it is only shown, with `"tell"`
told, with `"hold"` told, and no living server is ended meanwhile; with `"plan"` a restart is made in the
quiet window, with `"restart"` at once.
"""


def reference() -> str:
    """The page: all tables, all keys, and the defaults of each rule."""
    found = tables()
    plain = [table for table in found if not table.header.startswith(_RULES)]
    rules = [table for table in found if table.header.startswith(_RULES)]
    (shown,) = (rule for rule in rules if rule.header == f"[rules.{_SHOWN}]")
    parts = [
        _INTRODUCTION,
        *map(_section, plain),
        _ABOUT_RULES,
        _keys(shown, defaults=False),
        _numbers(rules),
    ]
    return "\n".join(parts)


def _section(table: Table) -> str:
    header = f"## `{table.header}`" if table.header else "## Before the first table"
    meaning = f"{table.meaning}\n\n" if table.header else ""
    return f"{header}\n\n{meaning}{_keys(table)}"


def _keys(table: Table, *, defaults: bool = True) -> str:
    head = ["Key", "Type", *(["Default"] if defaults else []), "Meaning", "Example"]
    rows = [_cells(key, defaults=defaults) for key in table.keys]
    return _table(head, rows)


def _cells(key: Key, *, defaults: bool) -> list[str]:
    default = "required" if key.required else _code(key.default) if key.default else "none"
    return [
        _code(key.name),
        _escaped(key.kind),
        *([default] if defaults else []),
        _escaped(key.meaning),
        _code(f"{key.name} = {key.example}"),
    ]


def _numbers(rules: list[Table]) -> str:
    rows = []
    for rule in rules:
        trouble = Trouble(rule.header.removeprefix(_RULES).removesuffix("]"))
        named = {key.name: key for key in rule.keys}
        numbers = [
            _code(named[name].default or "") for name in ("threshold", "clear", "for", "act", "severity")
        ]
        rows.append([_code(trouble), rule.meaning, _looks_at(trouble), *numbers])
    head = ["Rule", "Found", "Looks at", "`threshold`", "`clear`", "`for`", "`act`", "`severity`"]
    return _table(head, rows)


def _looks_at(trouble: Trouble) -> str:
    metric = METRICS[trouble]

    def named(measure: Measure) -> str:
        return _code(measure.value)

    parts = [
        named(one.measure) + (f" of {named(one.of)}" if one.of else "") for one in (metric, *metric.others)
    ]
    return " or ".join(parts)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _code(text: str) -> str:
    return f"`{_escaped(text)}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def example() -> str:
    """A whole file: all keys but the server's unit in comments, each with its default or an example."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Every key there is; what is commented out shows the default, or how it is written."
    for table in tables():
        yield ""
        yield from _comment(table.meaning)
        needed = table.header in ("", "[server]")
        if table.header:
            yield table.header if needed else f"#{table.header}"
        for key in table.keys:
            if not table.header.startswith(_RULES):
                yield from _comment(f"{key.meaning} ({key.kind})")
            bare = table.header == "[server]" and key.name == "unit"
            yield f"{'' if bare else '#'}{key.name} = {key.example}"
    yield ""


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")
