"""The kinds of numbers that decisions are made by, with their bounds and units."""

from __future__ import annotations

from typing import Annotated

import msgspec

Seconds = Annotated[float, msgspec.Meta(ge=0, extra={"unit": "duration"})]
"""A duration; in a configuration file a text like ``"10s"``."""
Patience = Annotated[float, msgspec.Meta(ge=1, extra={"unit": "duration"})]
"""A duration that someone is given: less than the second between two looks would give nobody a chance."""
Looks = Annotated[float, msgspec.Meta(ge=2, extra={"unit": "duration"})]
"""A duration in which there must have been a look, with one a second."""
Bytes = Annotated[float, msgspec.Meta(ge=0, extra={"unit": "size"})]
"""A size; in a configuration file a text like ``"1GiB"``."""
Share = Annotated[float, msgspec.Meta(ge=0, le=1, extra={"unit": "share"})]
"""A part of a whole; in a configuration file a text like ``"10%"``."""
TimeOfDay = Annotated[float, msgspec.Meta(ge=0, lt=86400, extra={"unit": "time of day"})]
"""Seconds after midnight UTC; in a configuration file a text like ``"03:00"``."""
Count = Annotated[int, msgspec.Meta(ge=0)]


class Window(msgspec.Struct, frozen=True):
    """At most so many restarts in any span of this length."""

    restarts: Count
    within: Patience


class Rate(msgspec.Struct, frozen=True):
    """At most so many times in any span of this length."""

    times: Annotated[int, msgspec.Meta(ge=1)]
    within: Patience
