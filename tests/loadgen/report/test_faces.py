"""What a report says, in both languages: the same model, the same figures, and nothing of a run is markup."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from loadgen.report.faces import as_html, as_json, as_markdown, preferred
from loadgen.report.model import Report, report
from loadgen.results import Environment
from loadgen.watched import Kind, Mark, Server
from support.reported import CAPACITY, DRILLS, RECORD

GOLDEN = Path(__file__).with_name("golden.json")


def test_the_model_is_the_golden_one() -> None:
    """After a change that is meant: python -m support.reported, in tests/, and read the difference."""
    assert json.loads(as_json(report(RECORD, CAPACITY, DRILLS))) == json.loads(GOLDEN.read_text())


def test_what_is_written_as_json_is_read_as_the_same_report() -> None:
    told = report(RECORD, CAPACITY, DRILLS)
    assert msgspec.json.decode(as_json(told), type=Report) == told


@pytest.mark.parametrize("language", ["en", "es"])
def test_markdown_has_every_table_of_the_page(language: str) -> None:
    told = report(RECORD, CAPACITY, DRILLS)
    page, text = as_html(told, language), as_markdown(told, language)
    cells = [re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", page)]
    assert len(cells) > 150
    plain = text.replace("\\", "")
    assert [cell for cell in cells if unescape(cell) not in plain] == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_that_a_run_brings_along_is_markup(language: str) -> None:
    evil = "</script><script>alert(1)</script><!--|`*"
    environment = structs.replace(RECORD.run.environment or Environment(), host=evil)
    plan = structs.replace(RECORD.run.plan, name=evil)
    marks = (Mark(at=1.0, kind=Kind.ALERT, text=evil),)
    record = structs.replace(
        RECORD,
        run=structs.replace(RECORD.run, plan=plan, environment=environment),
        marks=marks,
        server=Server(seen_by=evil, about={evil: evil}),
    )
    page = as_html(report(record, CAPACITY, DRILLS), language)
    assert "alert(1)</script>" not in page
    assert page.count("<script") == page.count("</script>") == 4
    text = as_markdown(report(record, CAPACITY, DRILLS), language)
    assert [line for line in text.splitlines() if "<script>" in line and not line.startswith("    ")] == []


def test_the_page_asks_for_nothing() -> None:
    page = as_html(report(RECORD, CAPACITY, DRILLS), "en")
    assert re.findall(r"(?:src|href)=\"(?!data:)", page) == []
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"), ({"LANG": "es_AR.UTF-8"}, "es"), ({"LANG": "es_AR", "LC_ALL": "C"}, "en"),
        ({"LANG": "fr_FR"}, "en"), ({"LC_ALL": "", "LANG": "es"}, "es"),
    ],
)  # fmt: skip
def test_who_asks_is_answered_in_the_language_of_the_locale(
    environment: dict[str, str], language: str
) -> None:
    assert preferred(environment) == language


def test_a_chart_of_which_nothing_is_known_is_left_out() -> None:
    page = as_html(report(structs.replace(RECORD, seconds=(), samples=(), marks=())), "en")
    assert "<figure data-chart" not in page
    assert "<details>" not in page


@pytest.mark.parametrize(
    ("language", "begins"), [("en", "The generator was killed"), ("es", "El generador fue matado")]
)
def test_the_reasons_of_a_verdict_are_a_sentence(language: str, begins: str) -> None:
    assert f". {begins}: " in as_markdown(report(structs.replace(RECORD, summary=None)), language)


def test_a_drill_whose_load_is_known_shows_it() -> None:
    alone = report(RECORD, drills=DRILLS)
    told = report(RECORD, drills=DRILLS, loads={"kill": RECORD})
    assert told.lived["kill"].marks == RECORD.marks
    assert told.lived["kill"].timeline.registered == told.timeline.registered
    assert (
        as_html(told, "en").count("<figure data-chart")
        == as_html(alone, "en").count("<figure data-chart") + 2
    )


def test_the_marks_of_a_run_that_nobody_watched_are_told() -> None:
    text = as_markdown(report(structs.replace(RECORD, server=None, samples=())), "en")
    assert all(mark.text in text for mark in RECORD.marks)
