"""One step's work on the ladder: what it stands on, and the orders that can be given."""

from __future__ import annotations

import signal

import msgspec

from sidecar.core import observations as obs
from sidecar.core.actions import Action, Collect, Signal, Start, Watch
from sidecar.core.budget import backoff, full, remembered
from sidecar.core.facts import Facts
from sidecar.core.findings import Findings
from sidecar.core.nouns import Act, Deed, Done, Identity
from sidecar.core.phases import (
    Awaiting,
    Collecting,
    Delayed,
    Held,
    Killing,
    Phase,
    Proving,
    Rung,
    Starting,
    Terminating,
    Unknowing,
)
from sidecar.core.policy import Policy
from sidecar.core.quantities import Window

# Not every operating system that may run the core has these names.
SIGCONT = getattr(signal, "SIGCONT", 18)
SIGTERM = getattr(signal, "SIGTERM", 15)
SIGKILL = getattr(signal, "SIGKILL", 9)


class Moment(msgspec.Struct, frozen=True):
    """The same instant on both clocks."""

    at: float
    wall: float


class Recovery(msgspec.Struct, frozen=True):
    """Where the ladder stands."""

    phase: Rung = Unknowing()
    seed: int = 0
    restarts: tuple[Moment, ...] = ()
    """The restarts that some window of the budget still counts."""
    failures: int = 0
    """Restarts since the last proven stability."""
    deaf: bool = False
    """Whether one was ended for never having been ready, since one was."""


class Turn:
    """One step's work on the ladder: what it stands on, what it does, and what is to be told of it."""

    def __init__(
        self, recovery: Recovery, facts: Facts, findings: Findings, seen: obs.Seen, policy: Policy
    ) -> None:
        self.recovery = recovery
        self.facts = facts
        self.findings = findings
        self.seen = seen
        self.policy = policy
        self.actions: list[Action] = []
        self.done: list[Done] = []

    def tell(
        self,
        deed: Deed,
        pid: int | None = None,
        *,
        until: float | None = None,
        window: Window | None = None,
        why: str = "",
    ) -> None:
        """Note a deed; ``until`` is monotonic, and told on the wall's clock."""
        ends = None if until is None else self.seen.wall + until - self.seen.at
        self.done.append(Done(deed, self.seen.wall, pid, ends, window, why))


def forget(recovery: Recovery, now: float, policy: Policy) -> Recovery:
    """Without the restarts that no window of the budget counts any more."""
    kept = len(remembered(tuple(moment.at for moment in recovery.restarts), policy.budget, now))
    return msgspec.structs.replace(recovery, restarts=recovery.restarts[len(recovery.restarts) - kept :])


def watch(identity: Identity, turn: Turn) -> Phase:
    """A process is there: look at it, and have it prove itself."""
    turn.actions.append(Watch(identity))
    return Proving(identity)


def collect(identity: Identity, turn: Turn) -> Phase:
    """Evidence first."""
    acted_on = (Act.RESTART, Act.CONTINUE)
    label = next((finding.trouble for finding in turn.findings.values() if finding.act in acted_on), "ill")
    turn.actions.append(Collect(identity, label))
    return Collecting(identity, turn.seen.at + turn.policy.evidence_deadline)


def terminate(identity: Identity, turn: Turn) -> Phase:
    """Ask it to end."""
    # A stopped process cannot act on SIGTERM; to another SIGCONT means nothing.
    turn.actions += [Signal(identity, SIGTERM), Signal(identity, SIGCONT)]
    turn.tell(Deed.TERMINATED, identity.pid)
    return Terminating(identity, turn.seen.at + turn.policy.term_deadline)


def kill(identity: Identity, turn: Turn) -> Phase:
    """End it."""
    turn.actions.append(Signal(identity, SIGKILL))
    turn.tell(Deed.KILLED, identity.pid)
    return Killing(identity, turn.seen.at + turn.policy.term_deadline)


def revive(turn: Turn) -> Phase:
    """No process: start one now, or after the back-off; or wait for who can."""
    if not turn.policy.abilities.can_start:
        turn.actions.append(Watch(None))
        turn.tell(Deed.AWAITED)
        return Awaiting()
    now = turn.seen.at
    wait = backoff(turn.recovery.failures, turn.recovery.seed, turn.policy)
    phase = restart(turn) if wait == 0 else Delayed(now + wait)
    if isinstance(phase, Delayed):
        turn.tell(Deed.DELAYED, until=phase.start_at)
    turn.actions.append(Watch(None))  # after the start: nothing may stand before that
    return phase


def restart(turn: Turn) -> Phase:
    """Start now, if the budget has room."""
    now, policy = turn.seen.at, turn.policy
    recovery = turn.recovery = forget(turn.recovery, now, policy)
    held = full(tuple(moment.at for moment in recovery.restarts), policy.budget, now)
    if held is not None:
        room_at, window = held
        turn.tell(Deed.HELD, until=room_at, window=window)
        return Held(room_at)
    turn.recovery = msgspec.structs.replace(
        recovery,
        restarts=(*recovery.restarts, Moment(now, turn.seen.wall)),
        failures=recovery.failures + 1,
    )
    turn.actions.append(Start())
    turn.tell(Deed.RESTARTED)
    return Starting(turn.facts.start_errors)
