"""Numbers as people of one language write them, and texts of this program in that language. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermatkit.units import format_duration, format_size
from loadgen.report.words import Words, words

_NUMBER = re.compile(r"(?<![\w.,:/])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+)(?![\w:/]|[.,]\d)")
"""By itself: a part of an address or of a version is none."""
_PLACE = re.compile(r"\{(\w+)\}")
_QUANTITY = re.compile(r"[\d.,/%: ]*[a-zA-Zµ]{0,3}")
_NAMES = {"threshold", "where", "signal", "code", "shard", "status"}
"""Places of what has the same name in every language."""
_TEN = 10.0


class Speech:
    """Of one language."""

    def __init__(self, language: str) -> None:
        self.words: Words = words(language)
        self._patterns = [(_pattern(english), text) for english, text in self.words.reason.items()]

    def number(self, value: float | None, digits: int = 0) -> str:
        """With thousands; a dash for what is unknown."""
        return self.words.unknown if value is None else self.local(f"{value:,.{digits}f}")

    def milliseconds(self, value: float | None) -> str:
        """To a tenth below 10 ms, to a hundredth below 1 ms."""
        digits = 0 if value is None or value >= 10 * _TEN else 1 if value >= 1 else 2
        return self.words.unknown if value is None else f"{self.number(value, digits)} ms"

    def share(self, value: float | None) -> str:
        """Of 1, as a percentage."""
        return self.words.unknown if value is None else self.local(f"{value * 100:.1f}\u00a0%")

    def size(self, value: float | None) -> str:
        """Bytes."""
        return self.words.unknown if value is None else self.local(format_size(value))

    def seconds(self, value: float | None) -> str:
        """A length."""
        return self.words.unknown if value is None else self.local(format_duration(value))

    def quantity(self, value: float | None, unit: str) -> str:
        """In a unit as `fermatkit.measures` names it, or a chart."""
        if value is None:
            return self.words.unknown
        match unit:
            case "bytes" | "bytes/s":
                return self.size(value) + unit.removeprefix("bytes")
            case "ms":
                return self.milliseconds(value)
            case "percent":
                return self.share(value / 100)
            case "seconds":
                return self.seconds(value)
        number = self.number(value, 1 if value < _TEN and value % 1 else 0)
        return f"{number}/s" if unit == "/s" else number

    def local(self, text: str) -> str:
        """The numbers in an English text with this language's signs."""
        signs = str.maketrans({",": self.words.thousands, ".": self.words.decimal})
        return _NUMBER.sub(lambda found: found[0].translate(signs), text)

    def reason(self, english: str) -> str:
        """What the program says of a run, in English, in this language; what it does not know is quoted."""
        if (known := self.words.trouble.get(english)) is not None:
            return known
        for pattern, text in self._patterns:
            if found := pattern.fullmatch(english):
                parts = found.groupdict()
                return text.format(**{name: self._part(name, part) for name, part in parts.items()})
        plain = self.words.language == "en" or _QUANTITY.fullmatch(english)
        return self.local(english) if plain else f"«{english}»"

    def _part(self, name: str, text: str) -> str:
        return text if name in _NAMES else self.reason(text)

    def list(self, texts: Sequence[str]) -> str:
        """Several as one."""
        return "; ".join(texts)


def _pattern(english: str) -> re.Pattern[str]:
    """What a template with ``{places}`` has made."""
    parts = _PLACE.split(english)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    )
