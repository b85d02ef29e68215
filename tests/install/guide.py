"""INSTALL.md as a person works through it: its blocks in their order, and what is said of each.

What is said stands in a comment on the line before the block, which a reader of the page does not see:
``not run: REASON``, ``network`` (it installs something), ``file: PATH`` (what an editor is to leave there).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "INSTALL.md"
SPANISH = GUIDE.with_name("INSTALL.es.md")
_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
SHELL = "sh"
REMOVAL = "Removal"
"""The part that ends it all."""


@dataclass(frozen=True)
class Block:
    """One of them."""

    heading: str
    """Of the part that it stands in."""
    line: int
    language: str
    text: str
    mark: str
    """What the comment before it says, "" without one."""

    @property
    def network(self) -> bool:
        """It installs something, and so needs more than this machine."""
        return self.mark == "network"

    @property
    def path(self) -> str:
        """Where its text belongs, "" if it is no file."""
        return self._marked("file: ")

    @property
    def reason(self) -> str:
        """Why no test can run it, "" if one does."""
        return self._marked("not run: ")

    @property
    def runs(self) -> bool:
        """It is a person's to do, and a test's."""
        return bool(self.path) or (self.language == SHELL and not self.reason)

    def _marked(self, word: str) -> str:
        return self.mark.removeprefix(word) if self.mark.startswith(word) else ""


def blocks(text: str) -> list[Block]:
    """All of a text, whatever is in them."""
    found = []
    for one in _BLOCK.finditer(text):
        before = text[: one.start()]
        heading = (_HEADING.findall(before) or [""])[-1]
        found.append(Block(heading, before.count("\n") + 1, one["language"], one["text"], one["mark"] or ""))
    return found


def anchors(text: str) -> list[str]:
    """How the parts of a page are linked to, in their order."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
