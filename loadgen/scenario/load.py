"""A plan file to a plan, or to every mistake in it: file, line, key, what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from fermatkit.errors import ExitCode, UserError
from fermatkit.toml.convert import values
from fermatkit.toml.mistakes import Mistake
from fermatkit.toml.read import file_text, tables, told
from loadgen.scenario.contradictions import contradictions
from loadgen.scenario.plan import Plan


def load(path: Path, seed: int, *, any_host: bool = False) -> Plan:
    """Read a file. UserError lists all its mistakes, a line each. `seed` is for a file that names none."""
    text = file_text(path, "--plan", ExitCode.USAGE)
    plan = good(text, path, seed, any_host=any_host)
    ca = None if plan.ca is None else str((path.parent / plan.ca).absolute())
    return msgspec.structs.replace(plan, ca=ca)


def good(text: str, where: Path | str, seed: int, *, any_host: bool = False) -> Plan:
    """The plan that a text spells; UserError names `where` it stands."""
    plan, mistakes = parse(text, seed, any_host=any_host)
    if plan is None:
        raise UserError(told(where, text, mistakes), ExitCode.USAGE)
    return plan


def parse(text: str, seed: int, *, any_host: bool = False) -> tuple[Plan | None, list[Mistake]]:
    """The plan, or None and at least one mistake. Reads nothing but the text."""
    table = tables(text)
    if isinstance(table, Mistake):
        return None, [table]
    mistakes: list[Mistake] = []
    found: dict[str, Any] = values({"seed": seed, **table}, Plan, "", mistakes)
    if mistakes:
        return None, mistakes
    plan = Plan(**found)
    mistakes += contradictions(plan, table, any_host=any_host)
    return (None, mistakes) if mistakes else (plan, [])
