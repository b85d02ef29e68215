"""A document as Markdown: all words and figures of it; the pictures are the page's. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadgen.report.document import Block, Charts, Code, Curve, Document, Facts, Points, Table, Text

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")
_ENDS = re.compile(r"[\r\n\u2028\u2029]+")
"""Of lines, as anybody may read them."""


def markdown(document: Document) -> str:
    """The whole text."""
    return "\n".join(_lines(document))


def _lines(document: Document) -> Iterator[str]:
    yield f"# {_escaped(document.title)}\n"
    yield f"**{_escaped(document.verdict)}**\n"
    yield f"{_escaped(document.about)}\n"
    for section in document.sections:
        parts = [text for block in section.blocks if (text := _block(block))]
        if parts and section.title:
            yield f"## {_escaped(section.title)}\n"
        yield from parts
    yield f"---\n\n{_escaped(document.made_by)}\n"


def _block(block: Block) -> str:
    match block:
        case Facts(facts):
            rows = tuple((fact.label, fact.value, fact.note) for fact in facts)
            return _table(Table(("", "", ""), rows, words=3))
        case Table():
            return _table(block)
        case Text(text):
            return f"{_escaped(text)}\n"
        case Points(texts):
            return "".join(f"- {_escaped(text)}\n" for text in texts)
        case Code(text):
            return "".join(f"    {line}\n" for line in text.splitlines())
        case Charts():
            return _table(block.table) if block.charts else ""
        case Curve():
            return ""


def _table(table: Table) -> str:
    rule = ["---" if number < table.words else "---:" for number in range(len(table.head))]
    rows = [[_escaped(cell) for cell in row] for row in (table.head, *table.rows)]
    lines = [rows[0], rule, *rows[1:]]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _ENDS.sub(" ", text))
