"""A document as one page that needs nothing else: no network, no second file. Pure but for its own parts.

Everything that a run could bring along (names, addresses, a server's words) is text to it, never markup: it
is escaped, and the page's policy lets no script run but its own, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

import msgspec

from loadgen.report.document import (
    Block,
    Chart,
    Charts,
    Code,
    Curve,
    Document,
    Facts,
    Points,
    Section,
    Table,
    Text,
)
from loadgen.report.plot import plot

_SCRIPTS = (
    ("fermatkit.charts", "uplot.js"),
    ("fermatkit.charts", "charts.js"),
    (f"{__package__}.page", "report.js"),
)
_STYLES = (
    ("fermatkit.charts", "uplot.css"),
    ("fermatkit.charts", "theme.css"),
    (f"{__package__}.page", "report.css"),
)


def html(document: Document, needs_javascript: str) -> str:
    """The whole page, UTF-8. `needs_javascript`: what stands in place of the charts without it."""
    scripts = [_file(*place) for place in _SCRIPTS]
    style = "\n".join(_file(*place) for place in _STYLES)
    groups = [block for section in document.sections for block in section.blocks if isinstance(block, Charts)]
    return Template(_file(f"{__package__}.page", "report.html")).substitute(
        policy=_policy(scripts, style),
        language=document.language,
        title=escape(document.title),
        style=style,
        status=document.status,
        verdict=escape(document.verdict),
        about=escape(document.about),
        sections="\n".join(_section(section) for section in document.sections),
        made_by=escape(document.made_by),
        data=_data(document, groups),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
        noscript=escape(needs_javascript),
    )


@cache
def _file(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _policy(scripts: list[str], style: str) -> str:
    hashes = " ".join(_hash(script) for script in scripts)
    rest = "img-src data:; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; script-src {hashes}; style-src {_hash(style)}; {rest}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(document: Document, groups: list[Charts]) -> str:
    """For the script: nothing in it ends a script element, or begins a comment."""
    told = {
        "language": document.language,
        "groups": [msgspec.to_builtins({"axis": one.axis, "charts": one.charts}) for one in groups],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _section(section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    title = f"<h2>{escape(section.title)}</h2>\n" if section.title else ""
    return f"<section>\n{title}{blocks}\n</section>"


def _block(block: Block) -> str:
    match block:
        case Facts():
            return _facts(block)
        case Table():
            return _table(block)
        case Text(text):
            return f"<p>{escape(text)}</p>"
        case Points(texts):
            return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"
        case Code(text):
            return f"<pre>{escape(text)}</pre>"
        case Charts():
            return _charts(block) if block.charts else ""
        case Curve():
            return plot(block)


def _charts(block: Charts) -> str:
    figures = "".join(map(_figure, block.charts))
    marks = "".join(
        f'<span><i class="{colour}"></i>{escape(name)}</span> ' for colour, name in block.axis.legend
    )
    behind = f"<details><summary>{escape(block.caption)}</summary>{_table(block.table)}</details>"
    return f'<div class="charts">{figures}</div><p class="note marks">{marks}</p>{behind}'


def _facts(block: Facts) -> str:
    tiles = "".join(
        f'<div data-status="{fact.tone}"><dt>{escape(fact.label)}</dt>'
        f'<dd class="value">{escape(fact.value)}</dd><dd class="note">{escape(fact.note)}</dd></div>'
        for fact in block.facts
    )
    return f'<dl class="tiles">{tiles}</dl>'


def _table(table: Table) -> str:
    head = "".join(f"<th{_side(table, number)}>{escape(cell)}</th>" for number, cell in enumerate(table.head))
    rows = "".join(
        "<tr>"
        + "".join(f"<td{_side(table, number)}>{escape(cell)}</td>" for number, cell in enumerate(row))
        + "</tr>"
        for row in table.rows
    )
    top = f"<thead><tr>{head}</tr></thead>" if any(table.head) else ""
    return f'<div class="table"><table>{top}<tbody>{rows}</tbody></table></div>'


def _side(table: Table, number: int) -> str:
    return ' class="words"' if number < table.words else ""


def _figure(chart: Chart) -> str:
    items = "".join(
        f'<li><i class="line-{line + 1}"></i><span>{escape(one.label)}</span> <b></b></li>'
        for line, one in enumerate(chart.lines)
    )
    wide = ' class="wide"' if chart.wide else ""
    title = escape(chart.title)
    caption = f"<figcaption><h3>{title} <time></time></h3><ul>{items}</ul></figcaption>"
    return (
        f'<figure data-chart{wide}>{caption}<div class="plot" role="img" aria-label="{title}"></div></figure>'
    )
