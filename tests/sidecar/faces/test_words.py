"""Every member of the core's enums has its words, and every text can be filled in."""

from __future__ import annotations

import string
from collections.abc import Iterable
from enum import StrEnum

import msgspec
import pytest

from fermatkit.measures import UNITS, Measure
from sidecar.core.actions import Pulse
from sidecar.core.findings.thresholds import TASKS
from sidecar.core.moments import Meanwhile
from sidecar.core.nouns import Chapter, Deed, Sign, Trouble
from sidecar.core.phases import Stand
from sidecar.core.rules import CONDITIONS
from sidecar.core.view import Status
from sidecar.faces.words import Words, words

KEYED: list[tuple[str, type[StrEnum]]] = [
    ("status", Status),
    ("verdict", Stand),
    ("stand", Stand),
    ("trouble", Trouble),
    ("brief", Trouble),
    ("advice", Trouble),
    ("sign", Sign),
    ("deed", Deed),
    ("meanwhile", Meanwhile),
    ("pulse", Pulse),
    ("subject", Chapter),
    ("condition", Chapter),
    ("name", CONDITIONS),
    ("still", CONDITIONS),
    ("measure", Measure),
    ("limit", TASKS),
]


@pytest.mark.parametrize(("name", "enum"), KEYED)
def test_every_member_has_its_words(name: str, enum: Iterable[StrEnum]) -> None:
    assert set(getattr(words(), name)) == set(enum)


def test_every_catalogue_keyed_by_an_enum_is_held_here() -> None:
    keyed = {field.name for field in msgspec.structs.fields(Words) if "dict" in str(field.type)}
    assert keyed == {name for name, _ in KEYED} | {"over"}


def test_only_a_story_of_its_own_may_have_its_own_end() -> None:
    assert set(words().over) <= CONDITIONS


def test_every_measure_has_a_unit() -> None:
    assert set(UNITS) == set(Measure)


def texts(thing: object) -> list[str]:
    if isinstance(thing, str):
        return [thing]
    values = thing.values() if isinstance(thing, dict) else ()
    return [text for value in values for text in texts(value)]


def test_the_parts_of_a_text_have_names() -> None:
    for text in texts(msgspec.to_builtins(words())):
        assert all(name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(text))
