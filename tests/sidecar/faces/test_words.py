"""Every member of the core's enums has its words, and every text can be filled in."""

from __future__ import annotations

import string
from collections.abc import Iterable
from enum import StrEnum
from importlib.resources import files
from typing import get_args, get_type_hints

import msgspec
import pytest

from fermatkit.measures import UNITS, Measure
from sidecar.config.settings import Settings
from sidecar.core.actions import Pulse
from sidecar.core.findings.thresholds import TASKS
from sidecar.core.moments import Meanwhile
from sidecar.core.nouns import Sign, Trouble
from sidecar.core.phases import Stand
from sidecar.core.rules import CONDITIONS
from sidecar.core.stories import Chapter, Deed, Reason
from sidecar.core.view import Status
from sidecar.faces.words import Words, words

LANGUAGES = get_args(get_type_hints(Settings)["language"])
SHORT = 40
"""Characters: of less, a word more is no matter."""
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
    ("why", Reason),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "enum"), KEYED)
def test_every_member_has_its_words(name: str, enum: Iterable[StrEnum], language: str) -> None:
    assert set(getattr(words(language), name)) == set(enum)


def test_every_catalogue_keyed_by_an_enum_is_held_here() -> None:
    keyed = {field.name for field in msgspec.structs.fields(Words) if "dict" in str(field.type)}
    assert keyed == {name for name, _ in KEYED} | {"over", "reason"}


def test_only_a_story_of_its_own_may_have_its_own_end() -> None:
    assert {*words("en").over, *words("es").over} <= CONDITIONS


def test_every_measure_has_a_unit() -> None:
    assert set(UNITS) == set(Measure)


def texts(thing: object, key: str = "") -> dict[str, str]:
    """All of a catalogue, by their keys."""
    if isinstance(thing, str):
        return {key: thing}
    pairs = thing.items() if isinstance(thing, dict) else ()
    return {at: text for name, value in pairs for at, text in texts(value, f"{key}.{name}").items()}


def catalogue(language: str) -> dict[str, str]:
    """The texts that every language has."""
    found = texts(msgspec.to_builtins(words(language)))
    return {key: text for key, text in found.items() if not key.startswith(".reason.")}


EN, ES = catalogue("en"), catalogue("es")


def parts(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_the_languages_that_can_be_set_are_those_that_there_are() -> None:
    assert {words(language).language for language in LANGUAGES} == set(LANGUAGES)
    assert {path.stem for path in files("sidecar.faces.words").iterdir() if path.suffix == ".toml"} == {
        *LANGUAGES
    }


def test_the_parts_of_a_text_have_names() -> None:
    assert all(name.isidentifier() for text in EN.values() for name in parts(text))


def test_both_languages_have_the_same_texts() -> None:
    assert EN.keys() == ES.keys()


def test_both_have_the_same_parts() -> None:
    assert [key for key in EN if parts(EN[key]) != parts(ES[key])] == []


def test_spanish_fits_where_english_does() -> None:
    room = {key: 12 if len(EN[key]) < SHORT else 4 for key in EN}
    assert [key for key in EN if len(ES[key]) > 1.3 * len(EN[key]) + room[key]] == []


def ends(text: str) -> list[bool]:
    return [end(mark) for mark in (" ", ".", ":", ",", ")") for end in (text.startswith, text.endswith)]


def test_a_text_begins_and_ends_alike_in_both() -> None:
    """What is joined to others would not fit them otherwise."""
    assert [key for key in EN if ends(EN[key]) != ends(ES[key]) and "numbers" not in key] == []


def test_what_the_advice_waits_for_is_what_the_subject_says() -> None:
    for language, word in (("en", "RECOVERED"), ("es", "RECUPERADO")):
        one = words(language)
        assert one.subject[Chapter.CLOSED].startswith(f"{word}: ")
        assert word in one.advice[Trouble.EXITED]
