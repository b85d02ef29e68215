"""From … to: what is drawn evenly between two bounds, and how it is written. Pure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated

import msgspec

from fermatkit.toml.texts import shown
from fermatkit.units import in_unit_of, parse_duration, parse_size

_MOST_BYTES = 2_900_000
"""Of a message: the server takes 3,000,000 with the envelope (cloud-server.md §3)."""
_MOST_SECONDS = 7 * 86_400.0


class Span(msgspec.Struct, frozen=True):
    """From `least` to `most`, both included; one value where they are equal."""

    least: float
    most: float

    def at(self, share: float) -> float:
        """The value at this share of the way, from 0 to 1."""
        return self.least + share * (self.most - self.least)

    def whole(self, share: float) -> int:
        """A whole number, each equally likely when `share` is even from 0 to below 1."""
        return int(self.least) + int(share * (int(self.most) - int(self.least) + 1))


def _reader(
    parse: Callable[[str], float], least: float, most: float, example: str
) -> Callable[[object], Span]:
    def read(value: object) -> Span:
        if not isinstance(value, str):
            raise ValueError(f"{shown(value)} has no unit; write it as a text like {example}")  # noqa: TRY004 - one kind of error for all mistakes
        first, dash, second = value.partition("-")
        span = Span(parse(first), parse(second if dash else first))
        if span.most > most:
            raise ValueError(f"must be at most {in_unit_of(second or first, most)}, is {shown(value)}")
        if span.least < least:
            raise ValueError(f"must be at least {in_unit_of(first, least)}, is {shown(value)}")
        return _ordered(span, value)

    return read


def sizes(least: int) -> msgspec.Meta:
    """Of a field that takes so many bytes or more, like ``"128B"`` or ``"64B-4KiB"``."""
    read = _reader(parse_size, least, _MOST_BYTES, '"128B" or "64B-4KiB"')
    return msgspec.Meta(extra={"read": read, "spell": _speller("B")})


def counts(least: int, most: int) -> msgspec.Meta:
    """Of a field that takes a whole number, or a text like ``"0-15"``, within these bounds."""

    def read(value: object) -> Span:
        first, dash, second = str(value).partition("-")
        whole = first.strip().isdecimal() and (not dash or second.strip().isdecimal())
        if isinstance(value, bool) or not isinstance(value, int | str) or not whole:
            raise ValueError(f'must be a whole number, or a text like "{least}-{most}", is {shown(value)}')
        span = _ordered(Span(int(first), int(second if dash else first)), value)
        if not least <= span.least <= span.most <= most:
            raise ValueError(f"must be {least} to {most:,}, is {shown(value)}")
        return span

    return msgspec.Meta(extra={"read": read, "spell": _speller("")})


def _speller(unit: str) -> Callable[[Span], str]:
    def spell(span: Span) -> str:
        texts = [f"{Decimal(repr(bound)):f}".removesuffix(".0") + unit for bound in (span.least, span.most)]
        return texts[0] if span.least == span.most else "-".join(texts)

    return spell


def _ordered(span: Span, value: object) -> Span:
    if span.least > span.most:
        raise ValueError(f"{shown(value)} ends before it begins; write the smaller one first")
    return span


Pause = Annotated[
    Span,
    msgspec.Meta(
        extra={
            "read": _reader(parse_duration, 0, _MOST_SECONDS, '"5s" or "1s-10s"'),
            "spell": _speller("s"),
        }
    ),
]
"""Seconds; in a file ``"5s"`` or ``"1s-10s"``."""
Size = Annotated[Span, sizes(0)]
"""Bytes; in a file ``"128B"`` or ``"64B-4KiB"``."""
