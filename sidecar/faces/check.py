"""One detail of ``/health``, and how its parts are spelled.

Beside the draft's own keys a detail carries ``label``, ``since``, ``until``, ``limit``, ``within`` and
``story`` (its section 4.10 allows additional ones): they are what the page shows.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

import msgspec

from fermatkit.measures import Measure
from sidecar.core.nouns import Finding, Severity, Trouble
from sidecar.core.view import Status, View

DECIMALS = 3


class Line(msgspec.Struct, frozen=True):
    """One line of an incident's story."""

    time: str
    text: str


class Check(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One detail. Without a value, ``output`` says why; without a status, it is not known."""

    component_type: str
    component_id: str | None = None
    label: str | None = None
    observed_value: float | str | None = None
    observed_unit: str | None = None
    status: Status | None = None
    time: str | None = None
    """When the value was read, ISO 8601 in UTC."""
    output: str | None = None
    """Only when not pass."""
    since: str | None = None
    until: str | None = None
    limit: int | None = None
    within: float | None = None
    """Seconds."""
    story: list[Line] | None = None
    links: dict[str, str] | None = None
    """Where more is to be had about what is wrong; relative to ``/health``."""


Checks = dict[str, list[Check]]


def changed(check: Check, **changes: object) -> Check:
    """The same, with these fields."""
    return msgspec.structs.replace(check, **changes)


def severity(finding: Finding) -> Status:
    """How bad, in the words of /health."""
    return Status.FAIL if finding.severity is Severity.FAIL else Status.WARN


def about(trouble: Trouble, view: View) -> Finding | None:
    """What is wrong now, by its name."""
    return next((one for one in view.findings if one.trouble is trouble), None)


def history(measure: Measure | None) -> dict[str, str] | None:
    """What a reading was before: a link."""
    return {"archives": f"api/v1/samples?measures={measure}"} if measure else None


def pid(view: View) -> str | None:
    """Which process a detail is about."""
    return str(view.identity.pid) if view.identity else None


def shown(number: float) -> float | str:
    """A time that never comes is infinite, and JSON has no number for that."""
    return round(number, DECIMALS) if math.isfinite(number) else "never"


def ms(seconds: float) -> float:
    """Milliseconds."""
    return round(seconds * 1000, DECIMALS)


def iso(wall: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC: ``2026-11-23T21:13:06.250Z``."""
    if wall is None or not math.isfinite(wall):
        return None
    return f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%dT%H:%M:%S}.{int(wall % 1 * 1000):03d}Z"
