"""INSTALL.es.md says what INSTALL.md says: the same parts, commands, tables, names, figures and links."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import pytest

from install.guide import GUIDE, SPANISH, anchors, blocks

FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)]*)\)")
FIGURE = re.compile(r"\d+(?:\.\d+)*")
WHAT = ("tables", "points", "names", "figures")
COMMENT = re.compile(r"\s*# .*$", re.MULTILINE)


class Part(NamedTuple):
    """What is under one heading, up to the next."""

    level: int
    text: str
    """Without its blocks."""

    @property
    def tables(self) -> list[int]:
        """The columns of each row."""
        return [line.count("|") for line in self.text.splitlines() if line.startswith("|")]

    @property
    def points(self) -> int:
        return len(re.findall(r"^(?:- |\d+\. )", self.text, re.MULTILINE))

    @property
    def names(self) -> Counter[str]:
        """What stands as code: the programs' words, which nobody translates."""
        return Counter(CODE.findall(self.text))

    @property
    def figures(self) -> Counter[str]:
        return Counter(FIGURE.findall(LINK.sub("", CODE.sub("", self.text))))


def parts(page: str, decimal: str, thousands: str) -> list[Part]:
    """Figures as in code: a point, and nothing between thousands. Links within the page by number."""
    page = FENCED.sub("", page)
    places = {f"#{name}": number for number, name in enumerate(anchors(page))}
    page = LINK.sub(lambda link: f"]({places.get(link[1], link[1])})", page)
    page = re.sub(rf"(?<=\d){thousands}(?=\d\d\d)", "", page)
    page = re.sub(rf"(?<=\d){re.escape(decimal)}(?=\d)", ".", page)
    found = re.split(r"^(#+) .+$", page, flags=re.MULTILINE)
    return [Part(len(level), text) for level, text in zip(found[1::2], found[2::2], strict=True)]


def english(page: str) -> list[Part]:
    return parts(page, ".", ",")


def spanish(page: str) -> list[Part]:
    return parts(page, ",", "\u00a0")


def differences(one: str, other: str) -> list[str]:
    """Between the English page and the Spanish: what, and in which part."""
    first, second = english(one), spanish(other)
    said = [] if [part.level for part in first] == [part.level for part in second] else ["headings"]
    for number, (ours, theirs) in enumerate(zip(first, second, strict=False)):
        both = ((what, getattr(ours, what), getattr(theirs, what)) for what in WHAT)
        said += [f"part {number}: {what}: {one} != {other}" for what, one, other in both if one != other]
        if number and LINK.findall(ours.text) != LINK.findall(theirs.text):
            said.append(f"{number}: links: {LINK.findall(ours.text)} != {LINK.findall(theirs.text)}")
    commands, theirs_too = (
        [(block.mark, block.language, COMMENT.sub("", block.text)) for block in blocks(page)]
        for page in (one, other)
    )
    said += [f"block: {a} != {b}" for a, b in zip(commands, theirs_too, strict=False) if a != b]
    return said + (["blocks"] if len(commands) != len(theirs_too) else [])


ENGLISH_PAGE, SPANISH_PAGE = GUIDE.read_text(), SPANISH.read_text()


def test_they_say_the_same() -> None:
    assert differences(ENGLISH_PAGE, SPANISH_PAGE) == []


def test_every_comment_is_translated() -> None:
    """A comment in a block is for people, too."""
    for ours, theirs in zip(blocks(ENGLISH_PAGE), blocks(SPANISH_PAGE), strict=True):
        assert not set(COMMENT.findall(ours.text)) & set(COMMENT.findall(theirs.text)), theirs.line


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- Debian rechaza", "Debian rechaza"),
        ("## Las unidades\n", ""),
        ("### El jar", "## El jar"),
        ("`LimitNOFILE=65536`", "`LimitNOFILE=65535`"),
        ("3,6 KB de log", "3,7 KB de log"),
        ("1200 y 830", "12 y 830"),
        ("40\u00a0000 clientes", "40 clientes"),
        ("systemctl daemon-reload\n```\n\n### Arr", "```\n\n### Arr"),
        ("<!-- network -->\n", ""),
        ("| `port` | `9090` |", "| `port` | `9090` | |"),
        ("| disco | 3,6 KB", "3,6 KB"),
        ("](docs/api.md)", "](docs/operations.md)"),
        ("](#java)", "](#el-jar)"),
    ],
)
def test_a_difference_is_found(before: str, after: str) -> None:
    assert before in SPANISH_PAGE
    assert differences(ENGLISH_PAGE, SPANISH_PAGE.replace(before, after, 1))
