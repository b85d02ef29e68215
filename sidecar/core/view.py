"""What is so now, for every face: facts and reasons, no words and no bytes. Moments are epoch seconds."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fermatkit.measures import Measure, Reading
from sidecar.core.accounts import Account
from sidecar.core.actions import Explain
from sidecar.core.budget import spent
from sidecar.core.engine import State
from sidecar.core.facts import Wanted
from sidecar.core.moments import Absence
from sidecar.core.nouns import Finding, Identity, Load, Pause, Severity, Sign
from sidecar.core.observations import ConfigRead
from sidecar.core.phases import Settled, Stand
from sidecar.core.policy import Policy
from sidecar.core.quantities import Window
from sidecar.core.stories import Incident, Proof, Topic
from sidecar.core.turn import windows


class Status(StrEnum):
    """The verdict, in the words of /health."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    FAIL = "fail"


class SignView(msgspec.Struct, frozen=True):
    """One sign of life."""

    good_at: float | None
    latency: float | None
    """Seconds of the last good answer."""
    missing_since: float | None
    why: str


class BudgetView(msgspec.Struct, frozen=True):
    """One window of the restart budget."""

    window: Window
    spent: int


class OutboxView(msgspec.Struct, frozen=True):
    """What has not been taken by its channel yet."""

    waiting: int
    oldest: float
    """Since when the one that has waited longest does."""
    failed_attempts: int
    """Of the message that failed most often."""
    channel: str
    """Its channel, and why its last attempt failed."""
    why: str


class ChannelView(msgspec.Struct, frozen=True):
    """What one channel has not taken yet."""

    waiting: int
    failed_attempts: int
    """Of the message that failed most often, and why its last attempt did."""
    why: str


class DeadmanView(msgspec.Struct, frozen=True):
    """The dead-man switch outside."""

    heard: float | None
    """When it last answered; None before it first did."""
    failed: int
    """How many attempts in a row have failed since, and why the last did."""
    why: str


class View(msgspec.Struct, frozen=True):
    """All that a face may show."""

    wall: float
    status: Status
    stand: Stand
    stand_until: float | None
    """When time alone will move on from there (a back-off ends, a deadline passes)."""
    wanted: Wanted
    pause: Pause | None
    identity: Identity | None
    adopted: bool
    appeared: float | None
    """When the sidecar first saw this process."""
    ready: bool
    owned: bool | None
    """Whether the server's port is its own; None when that is not known."""
    owner_why: str
    """Who else has the port, or why it cannot be told who; "" if nobody has it, or nobody has looked."""
    config: ConfigRead | None
    """The server's own configuration; None before it was looked at."""
    proof: Proof | None
    readings: dict[Measure, Reading]
    """Those of the process only while there is one."""
    read: dict[Measure, float]
    """When each was read."""
    signs: dict[Sign, SignView]
    findings: tuple[Finding, ...]
    """``since`` is on the wall's clock here."""
    open: dict[Topic, Incident]
    last: dict[Topic, Incident]
    """Of each topic the incident that ended last."""
    budget: tuple[BudgetView, ...]
    outbox: OutboxView | None
    failed_saves: int
    """How many attempts in a row to put the memory on the disk have failed, and why the last did."""
    unsaved: str
    absence: Absence | None
    """The time without a sidecar before this one; None where that is not known."""
    deadman: DeadmanView | None
    """None when there is none."""
    accounts: tuple[Account, ...]
    load: Load | None
    """The announced load under which the server is now."""
    silences: dict[Topic, Pause]
    rulings: tuple[Explain, ...]
    """Why who was told what, or not: the last of them, the newest last."""
    restarts: int
    """How many this sidecar has spent since its start: it only grows."""
    can_restart: bool
    """Whether the sidecar can end this server and start another at all."""
    known: bool
    """Whether it is known if a server runs: whether somebody has looked."""
    channels: dict[str, ChannelView]
    """All of them, by their names."""


def view(state: State, policy: Policy, at: float, wall: float) -> View:
    """Look at a state at this moment, given on both clocks."""
    shift = wall - at
    facts, phase = state.facts, state.recovery.phase
    known = facts.identity is not None
    restarts = tuple(moment.at for moment in state.recovery.restarts)
    proof = None
    if facts.ready and facts.identity and facts.registered:
        proof = Proof(facts.identity, facts.registered.latency, facts.owner_unknown)
    return View(
        wall=wall,
        status=verdict(state),
        stand=phase.stand,
        stand_until=_shifted(phase.until, shift),
        wanted=facts.wanted,
        pause=facts.pause,
        identity=facts.identity,
        adopted=facts.adopted,
        appeared=facts.appeared_at + shift if known else None,
        ready=facts.ready,
        owned=facts.owned,
        owner_why=facts.owner_unknown or ("" if facts.elsewhere else facts.owner_why),
        config=facts.config,
        proof=proof,
        readings=facts.readings,
        read={measure: at + shift for measure, at in facts.read_at.items()},
        signs={
            sign: SignView(
                _shifted(fact.good_at, shift), fact.latency, _shifted(fact.bad_since, shift), fact.why
            )
            for sign, fact in facts.signs.items()
        },
        findings=tuple(
            msgspec.structs.replace(finding, since=finding.since + shift)
            for finding in state.findings.values()
        ),
        open=state.incidents.open,
        last=state.incidents.last,
        budget=tuple(BudgetView(window, spent(restarts, window, at)) for window in windows(facts, policy)),
        outbox=_outbox(state, shift),
        failed_saves=state.keeper.failed,
        unsaved=state.keeper.why,
        absence=facts.absence,
        deadman=None if policy.deadman is None else _deadman(state),
        accounts=state.routing.accounts,
        load=facts.load if facts.load and facts.load.until > wall else None,
        silences=state.routing.silences,
        rulings=state.rulings,
        restarts=state.recovery.counted,
        can_restart=policy.abilities.can_start,
        known=facts.known,
        channels={channel: _channel(channel, state) for channel in policy.channels},
    )


def _shifted(moment: float | None, shift: float) -> float | None:
    return None if moment is None else moment + shift


def verdict(state: State) -> Status:
    """In one word: whether the server is proven well, and whether the sidecar itself is."""
    severities = {finding.severity for finding in state.findings.values()}
    if not state.facts.ready or Severity.FAIL in severities or not isinstance(state.recovery.phase, Settled):
        return Status.FAIL
    undelivered = any(entry.owed.attempts for entry in state.outbox.entries)
    own = undelivered or state.keeper.failed or state.deadman.failed
    return Status.WARN if severities or own or state.facts.pause else Status.PASS


def _outbox(state: State, shift: float) -> OutboxView | None:
    entries = state.outbox.entries
    if not entries:
        return None
    worst = max((entry.owed for entry in entries), key=lambda one: one.attempts)
    oldest = min(entry.since for entry in entries) + shift
    return OutboxView(len(entries), oldest, worst.attempts, worst.channel, worst.why)


def _channel(channel: str, state: State) -> ChannelView:
    owed = [entry.owed for entry in state.outbox.entries if entry.owed.channel == channel]
    if not owed:
        return ChannelView(0, 0, "")
    worst = max(owed, key=lambda one: one.attempts)
    return ChannelView(len(owed), worst.attempts, worst.why)


def _deadman(state: State) -> DeadmanView:
    one = state.deadman
    return DeadmanView(one.heard.wall if one.heard else None, one.failed, one.why)
