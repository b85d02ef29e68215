"""The reference is made of the types: complete, in force, and what it shows can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sidecar.config import documents
from sidecar.config.load import parse
from sidecar.config.reference import Key, Table, tables
from sidecar.config.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"
SERVER = '[server]\nunit = "fermat-cloud-server.service"\n'
BY_COMMAND = {"on_stop", "output", "output_limit"}
"""Only a server that the sidecar starts itself has these."""
OTHERS = {"command", "pidfile", "match"}
"""Ways to name the server: one at a time."""
EVERY = [pytest.param(table, key, id=f"{table.header}{key.name}") for table in tables() for key in table.keys]


def test_nothing_is_undocumented() -> None:
    for table, key in (one.values for one in EVERY):
        where = f"{table.header} {key.name}"
        assert key.meaning.endswith((".", ".)")), where
        assert not key.meaning.startswith(("…", "Likewise")), where  # it has to be understood alone
        assert key.example, where
    assert {table.header for table in tables() if not table.header.startswith("[rules.")} == {
        "", "[server]", "[server.admin]", "[state]", "[health]", "[[channel]]", "[deadman]", "[limits]",
        "[[maintenance]]",
    }  # fmt: skip


def test_the_page_is_what_the_program_says() -> None:
    assert PAGE.read_text() == documents.reference(), "fermat-sidecar config > docs/configuration.md"


def test_the_example_is_a_good_file_as_it_stands() -> None:
    settings, mistakes = parse(documents.example())
    assert (mistakes, settings) == ([], parse(SERVER)[0])


@pytest.mark.parametrize(("table", "key"), EVERY)
def test_each_example_can_be_written_and_a_default_changes_nothing(table: Table, key: Key) -> None:
    needed = [one for one in table.keys if one.required]
    if table.header == "[server]" and key.name not in {*OTHERS, "unit"}:
        needed = [one for one in table.keys if one.name == ("command" if key.name in BY_COMMAND else "unit")]
    settings, mistakes = parse(file(table, [*needed, *([] if key in needed else [key])]))
    assert mistakes == []
    if key.default:
        assert settings == parse(file(table, needed))[0]


def file(table: Table, keys: list[Key]) -> str:
    """A whole file with this table. Rules name a channel, and somebody has to be told at once."""
    lines = [f"{one.name} = {one.example}" for one in keys]
    if not table.header:
        return "\n".join([*lines, SERVER])
    before = "" if table.header == "[server]" else SERVER
    return "\n".join([before, '[[channel]]\nname = "mail"\nurl = "json://127.0.0.1"', table.header, *lines])


def test_a_settings_field_that_is_a_table_is_one_of_the_tables() -> None:
    named = {re.sub(r"[\[\]]", "", table.header).split(".")[0] for table in tables()} | {"language"}
    assert set(Settings.__struct_encode_fields__) <= named
