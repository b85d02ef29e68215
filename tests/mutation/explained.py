"""The wrongs that no test can find, for they change nothing: survivors.toml, with the reasons."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from pathlib import Path

import msgspec

LISTED = Path(__file__).with_name("survivors.toml")


class Equivalent(msgspec.Struct, forbid_unknown_fields=True):
    """Wrongs that are none, for the same reason."""

    why: str
    mutants: list[str]
    """Each as it is printed, without its line: ``module, function: before -> after``."""


class Survivors(msgspec.Struct, forbid_unknown_fields=True):
    """The file."""

    equivalent: list[Equivalent]


def explained() -> set[str]:
    """All that is listed."""
    listed = msgspec.convert(tomllib.loads(LISTED.read_text()), Survivors)
    return {mutant for one in listed.equivalent for mutant in one.mutants}


def stale(tried: Collection[str], survived: Collection[str]) -> list[str]:
    """What is listed of the modules that were tried, and does not survive."""
    modules = {_module(one) for one in tried}
    return sorted(one for one in explained().difference(survived) if _module(one) in modules)


def _module(mutant: str) -> str:
    return re.split("[,:]", mutant)[0]
