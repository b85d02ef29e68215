"""``/api/v1/state``: the facts of ``/health`` as data: no sentences, and reasons as they were found."""

from __future__ import annotations

import msgspec

from fermatkit.measures import UNITS, Measure, Reading, Unknown
from sidecar.core.nouns import Finding, Load, Pause, Severity, Sign
from sidecar.core.phases import Stand
from sidecar.core.stories import Topic
from sidecar.core.view import ChannelView, SignView, Status, View
from sidecar.faces.check import iso, ms, shown
from sidecar.faces.label import Label


class ReadingState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number, or why it is not known."""

    unit: str
    value: float | str | None = None
    """``"never"`` for a time that does not come."""
    unknown: str | None = None
    time: str | None = None
    """When it was read, ISO 8601 in UTC, like every moment here."""


class SignState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sign of life."""

    answered: str | None = None
    milliseconds: float | None = None
    missing: str | None = None
    """Since when."""
    why: str = ""


class FindingState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that is wrong."""

    trouble: str
    severity: Severity
    since: str | None
    why: str = ""


class LoadState(msgspec.Struct, frozen=True):
    """A load that was announced."""

    until: str | None
    clients: int
    who: str


class PauseState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A pause, or a silence."""

    until: str | None
    since: str | None = None
    why: str = ""
    by: str = ""
    planned: bool = False


class BudgetState(msgspec.Struct, frozen=True):
    """One window of the restart budget."""

    spent: int
    restarts: int
    within: float
    """Seconds."""


class State(msgspec.Struct, frozen=True):
    """All of it."""

    time: str | None
    version: str
    server: str
    status: Status
    stand: Stand
    until: str | None
    """When time alone moves on from there."""
    known: bool
    """Whether it is known if a server runs."""
    pid: int | None
    since: str | None
    """When the sidecar first saw this process."""
    ready: bool
    findings: list[FindingState]
    readings: dict[Measure, ReadingState]
    signs: dict[Sign, SignState]
    budget: list[BudgetState]
    load: LoadState | None
    pause: PauseState | None
    silences: dict[Topic, PauseState]
    channels: dict[str, ChannelView]
    incidents: dict[int, Topic]
    """Those that are open."""


def state(view: View, label: Label) -> bytes:
    """What is so, for programs that decide by it."""
    return msgspec.json.encode(
        State(
            time=iso(view.wall),
            version=label.version,
            server=label.server,
            status=view.status,
            stand=view.stand,
            until=iso(view.stand_until),
            known=view.known,
            pid=view.identity.pid if view.identity else None,
            since=iso(view.appeared),
            ready=view.ready,
            findings=[_finding(one) for one in view.findings],
            readings={measure: _reading(measure, view) for measure in Measure},
            signs={sign: _sign(view.signs.get(sign)) for sign in Sign},
            budget=[BudgetState(one.spent, one.window.restarts, one.window.within) for one in view.budget],
            load=announced(view.load) if view.load else None,
            pause=_pause(view.pause) if view.pause else None,
            silences={topic: _pause(silence) for topic, silence in view.silences.items()},
            channels=view.channels,
            incidents={incident.number: topic for topic, incident in view.open.items()},
        )
    )


def announced(load: Load) -> LoadState:
    """As it was said."""
    return LoadState(iso(load.until), load.clients, load.who)


def _finding(finding: Finding) -> FindingState:
    return FindingState(finding.trouble, finding.severity, iso(finding.since), finding.why)


def _reading(measure: Measure, view: View) -> ReadingState:
    reading: Reading = view.readings.get(measure, Unknown("not read yet"))
    unit, time = UNITS[measure], iso(view.read.get(measure))
    if isinstance(reading, Unknown):
        return ReadingState(unit, unknown=reading.why, time=time)
    return ReadingState(unit, shown(reading), time=time)


def _sign(sign: SignView | None) -> SignState:
    if sign is None:
        return SignState(why="not asked yet")
    latency = None if sign.latency is None else ms(sign.latency)
    return SignState(iso(sign.good_at), latency, iso(sign.missing_since), sign.why)


def _pause(pause: Pause) -> PauseState:
    return PauseState(iso(pause.until), iso(pause.since), pause.why, pause.by, pause.planned)
