"""What a drill came to: `drill.json`, and a row of the report. Pure; moments are seconds after the harm."""

from __future__ import annotations

import msgspec

NAME = "drill.json"
FOLDER = "drills"
"""Of a run's folder: each drill has one of its name in it."""


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """What was stated before, and whether it was met."""

    name: str
    """As in "detected", "95 % of clients back"."""
    within: float
    """At most; seconds, or a count where the name says so."""
    took: float | None
    """None: it did not happen before the drill ended."""
    least: float = 0.0
    """At least: a server is not to be ended too soon, either."""

    @property
    def met(self) -> bool:
        """Whether it was."""
        return self.took is not None and self.least <= self.took <= self.within


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A message that people got."""

    at: float
    title: str


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """One drill. None: it did not happen, or nobody could tell."""

    name: str
    harm: str
    """What was done, in words."""
    passed: bool | None
    """None: it was not done, or proves nothing."""
    reasons: tuple[str, ...] = ()
    """Why it did not pass; or, first, why it was not done or proves nothing."""
    objectives: tuple[Objective, ...] = ()
    detected: float | None = None
    """The sidecar has noticed: where its story of the incident begins."""
    acted: float | None = None
    """It ordered the server's end or its start."""
    listening: float | None = None
    """A new server listens on the port."""
    proven: float | None = None
    """The sidecar has seen the server work, and calls the incident over."""
    back: tuple[tuple[int, float | None], ...] = ()
    """Percent of the clients that were there (50, 95, 100) → so many are registered for good; 0: they always
    were."""
    clients: int = 0
    """Registered when the harm was done."""
    lost_messages: int = 0
    duplicated_messages: int = 0
    alerts: tuple[Alert, ...] = ()
    evidence: tuple[str, ...] = ()
    """Files that the sidecar kept, in `evidence` beside `drill.json`."""
    file: str = ""
    """The result file of its load, beside `drill.json`."""
