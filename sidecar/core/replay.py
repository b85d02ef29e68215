"""A recording folded again: the same core, no clock, the same decisions; or those of another policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from sidecar.core.actions import Action
from sidecar.core.engine import State, due, step
from sidecar.core.observations import Seen, Ticked
from sidecar.core.policy import Policy


class Opening(msgspec.Struct, frozen=True):
    """Where a fold can be taken up: the first line of a file, and the first after lines that were lost."""

    schema: int
    version: str
    """Of the sidecar that recorded it."""
    host: str
    """Its machine."""
    life: int
    """Which run of a sidecar: the number of its first file."""
    number: int
    """Of the observation that follows, counted in its life: what is missing between two of them was lost."""
    policy: Policy
    state: State
    """Before that observation."""


Line = Opening | Seen


class TakenUp(NamedTuple):
    """The fold begins here, or again: it could not be continued from what was before."""

    opening: Opening
    lost: int
    """How many observations are missing before it."""


class Step(NamedTuple):
    """One observation, and what became of it."""

    seen: Seen
    before: State
    after: State
    actions: tuple[Action, ...]


def replay(lines: Iterable[Line], policy: Policy | None = None) -> Iterator[TakenUp | Step]:
    """Fold it under the recorded policy: exactly what was decided then; under another: what would have been.

    Under another policy the moments at which time alone matters are others, so the ticks for them are
    added; what the world answered is what it answered then.
    """
    opening: Opening | None = None
    number, state = 0, State()
    for line in lines:
        if isinstance(line, Seen):
            if opening is None:
                raise ValueError("an observation before the opening")
            number += 1
            if policy is not None:
                for tick in _ticks(state, line, opening.policy, policy):
                    yield tick
                    state = tick.after
            done = _step(state, line, policy or opening.policy)
            yield done
            state = done.after
        else:
            before = number if opening and opening.life == line.life else 0
            if opening is None or (opening.life, number) != (line.life, line.number):
                state = line.state
                yield TakenUp(line, line.number - before)
            opening, number = line, line.number


def _step(state: State, seen: Seen, policy: Policy) -> Step:
    after, actions = step(state, seen, policy)
    return Step(seen, state, after, actions)


def _ticks(state: State, until: Seen, recorded: Policy, policy: Policy) -> Iterator[Step]:
    """The loop's own, up to the next observation; none for a time in which the sidecar was away."""
    if until.at - state.facts.at > recorded.gap:
        return
    while (moment := due(state, policy)) < until.at:
        seen = Seen(moment, until.wall - (until.at - moment), Ticked())
        tick = _step(state, seen, policy)
        yield tick
        state = tick.after
