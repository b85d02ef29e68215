"""The rungs of the ladder on which there is no process: until one has appeared, whoever starts it."""

from __future__ import annotations

from sidecar.core import observations as obs
from sidecar.core.actions import Start
from sidecar.core.phases import Awaiting, Delayed, Phase, Starting, Unknowing
from sidecar.core.stories import Deed
from sidecar.core.turn import Turn, delay, revive, watch


def unknowing(phase: Unknowing, turn: Turn) -> Phase:
    """It is not known yet whether a server runs."""
    facts, can = turn.facts, turn.policy.abilities
    if not facts.known:
        return phase
    if facts.identity is not None:
        return arrived(turn)
    first = facts.exit is None and turn.recovery.failures == 0
    if first and can.can_start and not can.restarts_itself:
        turn.actions.append(Start())
        return Starting(facts.setbacks)
    return revive(turn)


def arrived(turn: Turn) -> Phase:
    """A process is there, whoever started it: it has to prove itself."""
    identity = turn.facts.identity
    assert identity is not None  # noqa: S101 - the callers have looked; mypy has to see it
    awaited = not isinstance(turn.recovery.phase, Unknowing) and turn.policy.abilities.restarts_itself
    adopted = turn.facts.adopted and not awaited
    turn.tell(Deed.ADOPTED if adopted else Deed.STARTED, identity.pid)
    return watch(identity, turn)


def starting(phase: Starting, turn: Turn) -> Phase:
    """A start was ordered."""
    facts = turn.facts
    if facts.identity is not None:
        return arrived(turn)
    if facts.rested is not None:
        return revive(turn)
    if facts.setbacks == phase.setbacks:
        return phase
    return _abandoned(turn) if isinstance(turn.seen.what, obs.GaveUp) else revive(turn)


def awaiting(phase: Awaiting, turn: Turn) -> Phase:
    """Somebody else starts it, or has given that up."""
    facts = turn.facts
    if facts.identity is not None:
        if phase.entrusted:
            turn.spend()
        return arrived(turn)
    if turn.by_hand:
        return _abandoned(turn)
    return phase if facts.rested is None else Awaiting()


def _abandoned(turn: Turn) -> Phase:
    """Its supervisor starts it no more."""
    turn.tell(Deed.ABANDONED, why=turn.facts.given_up.why if turn.facts.given_up else "")
    return revive(turn)


def delayed(phase: Delayed, turn: Turn) -> Phase:
    """The back-off, as long as the policy has it now: a reload may have changed it."""
    if turn.facts.identity is not None:
        return arrived(turn)
    if not turn.by_hand:
        return revive(turn)
    told = phase.start_at == turn.backed_off(phase.since)
    return phase if told and turn.seen.at < phase.start_at else delay(phase.since, turn)
