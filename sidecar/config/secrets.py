"""A text that must not be seen."""

from __future__ import annotations


class Secret:
    """Prints as ``***`` wherever it is shown; ``reveal`` is for the one place that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: object) -> None:
        if not isinstance(text, str) or not text.strip() or "\0" in text:
            raise ValueError("must be a text that is not empty and has no NUL in it")
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)
