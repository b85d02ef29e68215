"""What each measure is called by people, in one catalogue a language: on the page, in messages, in reports."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from fermatkit.measures import Measure


@cache
def labels(language: str) -> dict[Measure, str]:
    """Of all measures; ``en`` or ``es``."""
    text = files(__name__).joinpath(f"{language}.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[Measure, str])
