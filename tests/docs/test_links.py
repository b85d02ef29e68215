"""Every link from one page of this repository to another lands, on its part, too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from install.guide import anchors

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")])
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_land(page: Path) -> None:
    for target, anchor in re.findall(
        r"\]\(((?!http)[^)#]*)(?:#([^)]*))?\)", _FENCED.sub("", page.read_text())
    ):
        other = page.parent / target if target else page
        assert other.exists(), target
        if anchor:
            assert anchor in anchors(_FENCED.sub("", other.read_text())), f"{target}#{anchor}"


def test_there_are_pages() -> None:
    assert len(PAGES) > 10
