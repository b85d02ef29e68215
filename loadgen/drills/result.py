"""What a drill came to: `drill.json`, and a row of the report. Pure; moments are seconds after the harm."""

from __future__ import annotations

import msgspec


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """What was stated before, and whether it was met."""

    name: str
    """As in "detected", "95 % of clients back"."""
    within: float
    """At most; seconds, or a count where the name says so."""
    took: float | None
    """None: it did not happen before the drill ended."""

    @property
    def met(self) -> bool:
        """Whether it was."""
        return self.took is not None and self.took <= self.within


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A message that people got."""

    at: float
    title: str


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """One drill. None: it did not happen, or nobody could tell."""

    name: str
    harm: str
    """What was done, in words."""
    passed: bool
    reasons: tuple[str, ...] = ()
    """Why it did not pass; or, first, why it proves nothing."""
    objectives: tuple[Objective, ...] = ()
    detected: float | None = None
    """The sidecar has an incident."""
    acted: float | None = None
    """It began to end or start the server, or systemd did."""
    listening: float | None = None
    """The server accepts connections again."""
    proven: float | None = None
    """The sidecar has seen the server work."""
    back: tuple[tuple[int, float | None], ...] = ()
    """Percent of the clients that were there (50, 95, 100) → so many are registered again."""
    clients: int = 0
    """Registered when the harm was done."""
    lost_messages: int = 0
    duplicated_messages: int = 0
    alerts: tuple[Alert, ...] = ()
    evidence: tuple[str, ...] = ()
    """Names of the files that the sidecar kept."""
    file: str = ""
    """The result file of its load, beside `drill.json`."""
