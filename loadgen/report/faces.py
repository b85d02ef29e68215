"""A report to text: a page, Markdown, or JSON. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from loadgen.report.compose import compose
from loadgen.report.html import html
from loadgen.report.markdown import markdown
from loadgen.report.model import Report
from loadgen.report.words import LANGUAGES, words

PAGE = "report.html"
"""Its name beside a result file."""


def as_html(report: Report, language: str) -> str:
    """One page that needs nothing else."""
    return html(compose(report, language), words(language).text.needs_javascript)


def as_markdown(report: Report, language: str) -> str:
    """All words and figures of it."""
    return markdown(compose(report, language))


def as_json(report: Report) -> str:
    """The data that both are made of, in no language; a line."""
    return f"{msgspec.json.encode(report).decode()}\n"


def preferred(environment: Mapping[str, str] = os.environ) -> str:
    """The language of who asks, as the locale's variables have it (POSIX: LC_ALL, LC_MESSAGES, LANG)."""
    named = next(
        (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), ""
    )
    return named[:2] if named[:2] in LANGUAGES else LANGUAGES[0]
