"""Texts that differ in few words: what is around these is written once, by the code that writes any text."""

from __future__ import annotations

import re
from collections.abc import Callable

Maker = Callable[..., str]


class Template:
    """The text of `make` for any words. Those that JSON need not escape are put where they belong."""

    __slots__ = ("_make", "_order", "_pieces")

    def __init__(self, make: Maker, words: int) -> None:
        """`make` takes so many words, and writes each into JSON text, nested or not, as it is."""
        marks = [f"word{number}word" for number in range(words)]
        pieces = re.split(f"({'|'.join(marks)})", make(*marks))
        self._make = make
        self._pieces = "%s".join(piece.replace("%", "%%") for piece in pieces[::2])
        self._order = [marks.index(mark) for mark in pieces[1::2]]

    def text(self, *words: str) -> str:
        """As `make` has it."""
        together = "".join(words)
        if together.isascii() and together.replace("-", "0").isalnum():
            return self._pieces % tuple([words[number] for number in self._order])
        return self._make(*words)
