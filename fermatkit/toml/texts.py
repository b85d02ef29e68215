"""Texts that must be more than texts: read as they stand, or a ValueError that says what to write instead."""

from __future__ import annotations

import re

from fermatkit.hosts import is_host

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST_SHOWN = 60
_LONGEST_NUMBER = 200
"""Bits."""


def host(text: object) -> str:
    """A host's name or address."""
    if not isinstance(text, str) or not is_host(text):
        raise ValueError(
            f"must be a host's name or address, like 'localhost', '127.0.0.1' or '::1', is {shown(text)}"
        )
    return text


def line(text: object) -> str:
    """A name that stands in sentences and in logs."""
    if not isinstance(text, str) or not text.strip() or _CONTROL.search(text):
        raise ValueError(f"must be one line of text that is not empty, is {shown(text)}")
    return text


def shown(value: object) -> str:
    """A wrong value as part of a line."""
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return "a far too long number"
    return cut(repr(value)) if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def cut(text: str) -> str:
    """The text, or its beginning: a mistake is one line, and no long one."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
