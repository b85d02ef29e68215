"""What was seen of the server while it was loaded: lines of the result file, whoever saw it. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Server(msgspec.Struct, frozen=True, kw_only=True, tag="server", tag_field="type"):
    """Who was watched, and by whom; at most one line of a file."""

    seen_by: str
    """The sidecar's address, or "pid 4711" where the generator looked itself."""
    about: dict[str, str] = {}
    """What names it and its machine: command line, JVM flags, versions, limits; in the order of a report."""


class Sample(msgspec.Struct, frozen=True, kw_only=True, tag="sample", tag_field="type"):
    """One look at the server and its machine."""

    at: float
    """Seconds since the start of the run."""
    readings: dict[str, float | None]
    """Measure (`fermatkit.measures`) → value in its unit, None: unknown; only what was looked at."""


class Kind(StrEnum):
    """What a mark on the time axis is."""

    HARM = "harm"
    """What a drill did to the server, or to its sidecar."""
    RESTART = "restart"
    """A new process of the server; until: it was proven to work."""
    INCIDENT = "incident"
    """As the sidecar counts it, from its beginning to its end."""
    ALERT = "alert"
    """A message that people got."""


class Mark(msgspec.Struct, frozen=True, kw_only=True, tag="mark", tag_field="type"):
    """Something happened."""

    at: float
    """Seconds since the start of the run; less than nothing: before it."""
    until: float | None = None
    """When it was over; None: at once, or not by the end of the run."""
    kind: Kind
    text: str
    """In words, as the sidecar or the drill had them."""


Line = Server | Sample | Mark
