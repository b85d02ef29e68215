"""Which language a reader gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.web.languages import preferred

OURS = ("en", "es")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("es", "es"),
        ("es-AR,es;q=0.9,en;q=0.8", "es"),
        ("EN-us", "en"),
        ("de,es;q=0.2,en;q=0.1", "es"),
        ("en;q=0.1, es;q=0.9", "es"),
        ("es;q=0,en", "en"),
        ("de;q=1,fr", "en"),
        ("", "en"),
        ("*", "en"),
        ("es;q=much", "en"),
        ("es;q=7", "en"),
        ("es;level=1", "en"),
    ],
)
def test_what_is_wanted_most_and_there(accepted: str, language: str) -> None:
    assert preferred(accepted, OURS, "en") == language


def test_who_wants_none_of_ours_gets_the_configured_one() -> None:
    assert preferred("de", OURS, "es") == "es"


def test_of_two_that_are_wanted_alike_the_first_of_the_browser_is_taken() -> None:
    assert preferred("es,en", OURS, "en") == "es"
    assert preferred("en,es", OURS, "es") == "en"


@given(st.text())
def test_any_header_gives_a_language_of_ours(accepted: str) -> None:
    assert preferred(accepted, OURS, "es") in OURS
