"""One step's work on the ladder: what it stands on, and the orders that can be given."""

from __future__ import annotations

import signal

import msgspec

from sidecar.core import observations as obs
from sidecar.core.actions import Action, Collect, Restart, Signal, Start, Watch
from sidecar.core.budget import backoff, full, remembered
from sidecar.core.facts import Facts
from sidecar.core.findings import Findings
from sidecar.core.moments import Moment
from sidecar.core.nouns import Act, Identity
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
from sidecar.core.stories import Deed, Done

# Not every operating system that may run the core has these names.
SIGCONT = getattr(signal, "SIGCONT", 18)
SIGTERM = getattr(signal, "SIGTERM", 15)
SIGKILL = getattr(signal, "SIGKILL", 9)


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
    ended: Identity | None = None
    """Whose end was ordered last, unless it has proven itself since."""
    exits: int = 0
    """How many deaths have been looked at: of each the evidence is gathered once."""
    counted: int = 0
    """Restarts that this sidecar has spent: never less, whatever the budget forgets."""


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

    @property
    def budget(self) -> tuple[Window, ...]:
        """How many restarts are allowed: by ourselves, and by the supervisor."""
        return windows(self.facts, self.policy)

    @property
    def by_hand(self) -> bool:
        """Whether it is the sidecar that has to start the server."""
        facts, can = self.facts, self.policy.abilities
        left_alone = facts.given_up is not None and facts.rested is None
        return can.can_start and (left_alone or not can.restarts_itself)

    def full(self) -> tuple[float, Window] | None:
        """None while the budget has room for a restart; else when it will, and whose count is full."""
        restarts = tuple(moment.at for moment in self.recovery.restarts)
        return full(restarts, self.budget, self.seen.at)

    def ends(self, identity: Identity) -> None:
        """Note that the end of this one is ordered."""
        self.recovery = msgspec.structs.replace(self.recovery, ended=identity)

    def backed_off(self, since: float) -> float:
        """When the back-off that counts from then is over, as the policy has it now."""
        return since + backoff(self.recovery.failures, self.recovery.seed, self.policy)

    def spend(self) -> None:
        """One restart more. Only now old ones are forgotten: before, a reload may make them count again."""
        recovery = forget(self.recovery, self.seen.at, self.budget)
        self.recovery = msgspec.structs.replace(
            recovery,
            restarts=(*recovery.restarts, Moment(self.seen.at, self.seen.wall)),
            failures=recovery.failures + 1,
            counted=recovery.counted + 1,
        )


def windows(facts: Facts, policy: Policy) -> tuple[Window, ...]:
    """The budget's windows, the supervisor's own limit among them."""
    limit = facts.supervised.limit
    return policy.budget if limit is None else (*policy.budget, limit)


def forget(recovery: Recovery, now: float, budget: tuple[Window, ...]) -> Recovery:
    """Without the restarts that no window of the budget counts any more."""
    kept = len(remembered(tuple(moment.at for moment in recovery.restarts), budget, now))
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
    turn.ends(identity)
    # A stopped process cannot act on SIGTERM; to another SIGCONT means nothing.
    turn.actions += [Signal(identity, SIGTERM), Signal(identity, SIGCONT)]
    turn.tell(Deed.TERMINATED, identity.pid)
    return Terminating(identity, turn.seen.at + turn.policy.term_deadline)


def replace(identity: Identity, turn: Turn) -> Phase:
    """Have its supervisor ask it to end, and start another in the same order: there is one start, not two."""
    turn.ends(identity)
    turn.spend()
    turn.actions.append(Restart(identity))
    turn.tell(Deed.REPLACED, identity.pid)
    return Terminating(identity, turn.seen.at + turn.policy.term_deadline)


def kill(identity: Identity, turn: Turn) -> Phase:
    """End it."""
    turn.ends(identity)
    turn.actions.append(Signal(identity, SIGKILL))
    turn.tell(Deed.KILLED, identity.pid)
    return Killing(identity, turn.seen.at + turn.policy.term_deadline)


def revive(turn: Turn) -> Phase:
    """No process: start one now, or after the back-off; or wait for who does."""
    if not turn.by_hand:
        return _entrust(turn)
    phase = delay(turn.seen.at, turn)
    turn.actions.append(Watch(None))  # after the start: nothing may stand before that
    return phase


def _entrust(turn: Turn) -> Phase:
    turn.actions.append(Watch(None))
    if not turn.policy.abilities.restarts_itself:
        turn.tell(Deed.AWAITED)
        return Awaiting()
    died = turn.facts.exit is not None and turn.facts.rested is None
    if died:
        turn.tell(Deed.ENTRUSTED)
    return Awaiting(entrusted=died)


def succeed(turn: Turn) -> Phase:
    """Who was ended is gone: with a supervisor the next is on its way, and has been counted."""
    if not turn.policy.abilities.restarts_itself:
        return revive(turn)
    turn.actions.append(Watch(None))
    return Awaiting()


def delay(since: float, turn: Turn) -> Phase:
    """No start before the back-off is over, which counts from then."""
    start_at = turn.backed_off(since)
    if turn.seen.at >= start_at:
        return restart(turn)
    turn.tell(Deed.DELAYED, until=start_at)
    return Delayed(start_at, since)


def restart(turn: Turn) -> Phase:
    """Start now, if the budget has room."""
    held = turn.full()
    if held is not None:
        return hold(held, turn)
    turn.spend()
    turn.actions.append(Start())
    turn.tell(Deed.RESTARTED)
    return Starting(turn.facts.setbacks)


def hold(held: tuple[float, Window], turn: Turn, ill: Identity | None = None) -> Phase:
    """No restart before the budget has room; `ill` lives until then."""
    room_at, window = held
    turn.tell(Deed.HELD, until=room_at, window=window)
    return Held(room_at, ill)
