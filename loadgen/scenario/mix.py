"""``[[mix]]``: tables to behaviours; and how many clients each behaviour gets. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from fermatkit.errors import meant
from fermatkit.toml.convert import convert
from fermatkit.toml.mistakes import Mistake
from fermatkit.toml.texts import shown
from loadgen.scenario.behaviours import KINDS, Known, Pair


def read(value: object, path: str, mistakes: list[Mistake]) -> tuple[Known | None, ...]:
    """The behaviours of this list of tables, None for the wrong ones; mistakes are appended."""
    if not isinstance(value, list) or not value:
        mistakes.append(Mistake(path, f"must be a list of tables ([[{path}]])"))
        return ()
    return tuple(_one(table, f"{path}[{i}]", mistakes) for i, table in enumerate(value))


def _one(table: object, path: str, mistakes: list[Mistake]) -> Known | None:
    if not isinstance(table, dict):
        mistakes.append(Mistake(path, f"must be a table ([[{path.partition('[')[0]}]])"))
        return None
    what = table.get("do")
    kind = KINDS.get(what) if isinstance(what, str) else None
    if kind is None:
        found = "is missing" if what is None else f"{shown(what)} is not a behaviour"
        near = meant(what if isinstance(what, str) else "", KINDS)
        mistakes.append(Mistake(f"{path}.do", f"{found}; {near}"))
        return None
    return convert({key: one for key, one in table.items() if key != "do"}, kind, path, mistakes)


Mix = Annotated[tuple[Known, ...], msgspec.Meta(extra={"table": read})]


def group(behaviour: Known) -> int:
    """Clients that belong together: of such a behaviour there can only be a multiple of these."""
    return behaviour.partners + 1 if isinstance(behaviour, Pair) else 1


def shares(mix: Sequence[Known], clients: int) -> tuple[int, ...]:
    """How many clients of each behaviour: by weight, as near as whole groups allow.

    The sum is `clients`, or less where only groups are left to give the rest to.
    """
    total = sum(one.weight for one in mix)
    wished = [clients * (one.weight / total) for one in mix]
    counts = [int(wish / group(one)) * group(one) for one, wish in zip(mix, wished, strict=True)]
    rest = clients - sum(counts)
    while fitting := [i for i, one in enumerate(mix) if group(one) <= rest]:
        most = max(fitting, key=lambda i: ((wished[i] - counts[i]) / group(mix[i]), -i))
        counts[most] += group(mix[most])
        rest -= group(mix[most])
    return tuple(counts)
