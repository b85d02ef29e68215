"""INSTALL.es.md says what INSTALL.md says: the same parts, commands, tables, names, figures and links.

In the same order, by paragraphs and cells; what the words between them say is for a reader of both.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from install.guide import GUIDE, SPANISH, anchors, blocks
from sidecar.core.nouns import Trouble
from sidecar.faces.words import words

FENCED = re.compile(r"(?:^<!-- [^\n]* -->\n)?^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[([^]]*)\]\(([^)]*)\)")
FIGURE = re.compile(r"\d+(?:\.\d+)*")
BLOCK = "\0"
"""In a block's place."""
WRAPPED = re.compile(r"\n(?!\n|- |\d+\. |\|)")
COMMENT = re.compile(r"# (?!\w+ = ).*$", re.MULTILINE)
"""But not a setting that stands there to be let in."""
EACH_OTHER = ("INSTALL.md", "INSTALL.es.md")


class Piece(NamedTuple):
    """A paragraph, a point, a cell of a table; or where a block is."""

    kind: str
    names: list[str]
    """What stands as code: the programs' words, which nobody translates."""
    figures: list[str]
    links: list[tuple[str, str]]
    """Where to; and by which words, if those are a path."""
    bold: int


def piece(kind: str, text: str) -> Piece:
    links = [(link[2], link[1] if "/" in link[1] else "") for link in LINK.finditer(text)]
    names, figures = CODE.findall(text), FIGURE.findall(LINK.sub("", CODE.sub("", text)))
    known = [link for link in links if link[0] not in EACH_OTHER]
    return Piece(kind, names, figures, known, text.count("**"))


def pieces(text: str) -> list[Piece]:
    """Of what is under one heading, in their order; a cell's kind is its column."""
    found = []
    for line in filter(None, map(str.strip, WRAPPED.sub(" ", text).split("\n"))):
        if line.startswith("|"):
            found += [piece(f"column {number}", cell) for number, cell in enumerate(line.split("|"))]
        else:
            found.append(piece(line[0] if line[0] in f"-{BLOCK}" else "", line))
    return found


def parts(page: str, decimal: str, thousands: str) -> list[tuple[int, list[Piece]]]:
    """The level and pieces of each.

    Figures as in code: a point, and nothing between thousands. Links within the page by number.
    """
    page = FENCED.sub(f"\n{BLOCK}\n", page)
    places = {f"#{name}": f"part {number}" for number, name in enumerate(anchors(page))}
    page = LINK.sub(lambda link: f"[{link[1]}]({places.get(link[2], link[2])})", page)
    page = re.sub(rf"(?<=\d){thousands}(?=\d\d\d)", "", page)
    page = re.sub(rf"(?<=\d){re.escape(decimal)}(?=\d)", ".", page)
    found = re.split(r"^(#+) .+$", page, flags=re.MULTILINE)
    return [(len(level), pieces(text)) for level, text in zip(found[1::2], found[2::2], strict=True)]


def english(page: str) -> list[tuple[int, list[Piece]]]:
    return parts(page, ".", ",")


def spanish(page: str) -> list[tuple[int, list[Piece]]]:
    return parts(page, ",", "\u00a0")


def differences(one: str, other: str) -> list[str]:
    """Between the English page and the Spanish: what, and in which part."""
    first, second = english(one), spanish(other)
    said = [] if [level for level, _ in first] == [level for level, _ in second] else ["headings"]
    for number, ((_, ours), (_, theirs)) in enumerate(zip(first, second, strict=False)):
        said += [f"part {number}: {a} != {b}" for a, b in zip(ours, theirs, strict=False) if a != b]
        said += [f"part {number}: {len(ours)} != {len(theirs)} pieces"] if len(ours) != len(theirs) else []
    commands, theirs_too = (
        [(block.mark, block.language, COMMENT.sub("#", block.text)) for block in blocks(page)]
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
        ("](#los-programas), [", "](#las-unidades), ["),
        ("[docs/capacity.md](docs/capacity.md)", "[docs/capacity.md](docs/load-tests.md)"),
        ("| `port` | `9090` |", "| `user` | `9090` |"),
        ("100 MB en reposo, 370 MB", "370 MB en reposo, 100 MB"),
        ("\n\n**Cambiar la", " **Cambiar la"),
        ("**duro**", "duro"),
        ('# match = "-jar', '# match = "-java'),
        ("     # qué archivos escribiría", ""),
    ],
)
def test_a_difference_is_found(before: str, after: str) -> None:
    assert before in SPANISH_PAGE
    assert differences(ENGLISH_PAGE, SPANISH_PAGE.replace(before, after, 1))


@pytest.mark.parametrize("first", range(len(blocks(SPANISH_PAGE)) - 1))
def test_a_block_in_another_place_is_found(first: int) -> None:
    """It and the next change places; it goes under the next heading."""
    one, other = list(FENCED.finditer(SPANISH_PAGE))[first : first + 2]
    before, between = SPANISH_PAGE[: one.start()], SPANISH_PAGE[one.end() : other.start()]
    after = SPANISH_PAGE[other.end() :]
    assert differences(ENGLISH_PAGE, before + other[0] + between + one[0] + after)
    under = re.sub(r"(\n##+ .+\n)", rf"\1\n{BLOCK}\n", between + other[0] + after, count=1)
    assert differences(ENGLISH_PAGE, before + under.replace(BLOCK, one[0]))


def test_a_lost_row_is_found() -> None:
    for row in re.findall(r"^\|.*\n", SPANISH_PAGE, re.MULTILINE):
        assert differences(ENGLISH_PAGE, SPANISH_PAGE.replace(row, "", 1)), row


def test_a_figure_with_a_unit_has_a_comma() -> None:
    """A point is right in a version."""
    assert not re.findall(r"\d\.\d+ (?:ms|s|KB|MB|GB)\b", CODE.sub("", FENCED.sub("", SPANISH_PAGE)))


def test_what_a_spanish_sidecar_says_stands_beside_the_english() -> None:
    """The names of the findings, which the guide is searched for."""
    english, spanish = words("en").name, words("es").name
    table = re.findall(r"\[`([A-Z ]+)`\]\(docs/runbook.md#([a-z-]+)\) \(([^)]+)\)", SPANISH_PAGE)
    named = {trouble: (here, there) for here, trouble, there in table if trouble in set(Trouble)}
    assert len(named) > 6
    assert named == {trouble: (english[Trouble(trouble)], spanish[Trouble(trouble)]) for trouble in named}
    assert len(re.findall(r"\[`[A-Z ]+`\]\(docs/runbook", SPANISH_PAGE)) == len(table)
