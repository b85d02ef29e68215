"""What people call each measure, in a catalogue for each language: on pages, in messages and reports."""

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
