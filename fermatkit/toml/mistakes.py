"""What is wrong in a file, and in which line of it."""

from __future__ import annotations

import re

import msgspec

_TABLE = re.compile(r"\s*\[(\[?)\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w.-]+)\s*=")
_LAST = re.compile(r"(\.[^.\[]+|\[\d+\]|[^.\[]+)\Z")


class Mistake(msgspec.Struct, frozen=True):
    """Something wrong in the file."""

    path: str
    """Of the key: ``server.port``, ``channel[1].url``; empty for the file as a whole."""
    problem: str
    line: int | None = None
    """Where it is known already."""

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


class Lines:
    """Where each plainly written key stands; what is written otherwise is not found."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, int] = {}
        prefix, seen = "", dict[str, int]()
        for number, line in enumerate(text.split("\n"), 1):
            if table := _TABLE.match(line):
                prefix = table[2]
                if table[1]:
                    seen[prefix] = seen.get(prefix, -1) + 1
                    prefix = f"{prefix}[{seen[prefix]}]"
                self._lines.setdefault(prefix, number)
            elif key := _KEY.match(line):
                self._lines.setdefault(f"{prefix}.{key[1]}" if prefix else key[1], number)

    def of(self, mistake: Mistake) -> str:
        """``:7``; empty when it is not known. What is missing is missing in its table."""
        number, path = mistake.line, mistake.path
        while number is None and path:
            number = self._lines.get(path)
            path = _LAST.sub("", path)
        return "" if number is None else f":{number}"
