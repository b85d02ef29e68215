"""The fold: one observation in, the next state and what is to be done out. The same in, the same out."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from sidecar.core.accounts import Routing
from sidecar.core.actions import Action, Explain, Save
from sidecar.core.chronicle import Incidents
from sidecar.core.deadman import Deadman, beat
from sidecar.core.facts import Facts
from sidecar.core.findings import Findings, Wrong, find, next_change, recall
from sidecar.core.incidents import narrate
from sidecar.core.keeper import Keeper, keep, remember
from sidecar.core.learning import observe
from sidecar.core.maintenance import next_begin
from sidecar.core.observations import Answered, Counted, HostSampled, Observation, Restored, Seen
from sidecar.core.outbox import Outbox, leaves_at, post
from sidecar.core.policy import Policy
from sidecar.core.recovery import recover
from sidecar.core.routing import look_again, route
from sidecar.core.turn import Recovery, Turn

_KEPT = 50
"""Rulings."""


class State(msgspec.Struct, frozen=True):
    """The slices side by side; each stage writes its own and reads those above."""

    facts: Facts = Facts()
    wrong: Wrong = Wrong()
    recovery: Recovery = Recovery()
    incidents: Incidents = Incidents()
    routing: Routing = Routing()
    outbox: Outbox = Outbox()
    keeper: Keeper = Keeper()
    deadman: Deadman = Deadman()
    rulings: tuple[Explain, ...] = ()
    """Why who was told what, or not; the last of them, the newest last."""

    @property
    def findings(self) -> Findings:
        """What is wrong."""
        return self.wrong.findings


class Decision(NamedTuple):
    """The first three stages' work: what is so, what is wrong, what is done about it."""

    facts: Facts
    wrong: Wrong
    recovery: Recovery
    turn: Turn

    @property
    def actions(self) -> tuple[Action, ...]:
        """What is to be done about the server: nothing may stand before it, not even the telling."""
        return tuple(self.turn.actions)


def decide(state: State, seen: Seen, policy: Policy) -> Decision:
    """Take in one observation, as far as the server is concerned."""
    facts = observe(state.facts, seen, policy)
    before = state.wrong
    if isinstance(seen.what, Restored):
        before = recall(seen.what.memory, seen.wall - seen.at)
    wrong = find(before, facts, policy)
    recovery, turn = recover(state.recovery, facts, wrong.findings, seen, policy)
    return Decision(facts, wrong, recovery, turn)


def tell(state: State, decision: Decision, seen: Seen, policy: Policy) -> tuple[State, tuple[Action, ...]]:
    """Continue the stories, and say what is to be sent and saved."""
    facts, wrong, recovery, turn = decision
    incidents, messages = narrate(state.incidents, facts, wrong.findings, recovery.phase, turn.done, seen)
    routing, letters, why = route(state.routing, incidents, messages, seen, policy, facts)
    outbox, sends = post(state.outbox, letters, seen, state.keeper.revision + 1, recovery.seed, policy)
    keeper, saves = state.keeper, list[Save]()
    if facts.known:  # never before it is known what was: that would erase it
        keeper, saves = keep(keeper, seen, remember(facts, recovery, incidents, routing, outbox), policy)
    deadman, beats = beat(state.deadman, seen, facts, incidents, outbox, policy)
    rulings = (*state.rulings, *why)[-_KEPT:]
    after = State(facts, wrong, recovery, incidents, routing, outbox, keeper, deadman, rulings)
    return after, (*why, *saves, *sends, *beats)


def step(state: State, seen: Seen, policy: Policy) -> tuple[State, tuple[Action, ...]]:
    """Take in one observation: all six stages, and all that is to be done, the server first."""
    decision = decide(state, seen, policy)
    state, rest = tell(state, decision, seen, policy)
    return state, decision.actions + rest


def can_wait(state: State, what: Observation) -> bool:
    """Whether nothing follows from this before the next look, soon after: all is well, and stays so.

    A sign of life that was not missing is one; so are the looks that are made every few seconds only.
    """
    facts = state.facts
    if state.findings or not facts.serving:
        return False
    if isinstance(what, Answered):
        fact = facts.sign(what.sign)
        return fact.good_at is not None and not fact.missing
    return isinstance(what, Counted | HostSampled)


def due(state: State, policy: Policy) -> float:
    """The next moment at which time alone may matter."""
    # Whatever the probes do, server or none: only of a sidecar that looks may a gap say that it was away.
    moments = [*next_change(state.wrong, state.facts, policy), state.facts.at + policy.gap / 2]
    until = state.recovery.phase.until
    if until is not None:
        moments.append(until)
    by_the_wall = [
        next_begin(policy.maintenance, state.facts.wall),
        look_again(state.routing, state.incidents, state.facts.wall, policy),
    ]
    if state.facts.pause is not None:
        by_the_wall.append(state.facts.pause.until)
    if state.facts.load is not None:
        by_the_wall.append(state.facts.load.until)
    # By the wall's clock, which may be set: one look a minute finds that out.
    moments += [
        state.facts.at + min(60.0, wall - state.facts.wall) for wall in by_the_wall if wall is not None
    ]
    if state.keeper.again_at is not None:
        moments.append(state.keeper.again_at)
    if state.deadman.next_at is not None:
        moments.append(state.deadman.next_at)
    moments += [leaves_at(entry) for entry in state.outbox.entries]
    later = [moment for moment in moments if moment > state.facts.at]
    return min(later)
