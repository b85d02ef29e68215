"""Drives the core by hand: observations in, actions out, with a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Callable

from sidecar.core.actions import Action, Collect
from sidecar.core.engine import State, due, step
from sidecar.core.nouns import Ended, Identity, Sign
from sidecar.core.observations import (
    Absent,
    Appeared,
    Collected,
    Exited,
    Listened,
    Observation,
    Registered,
    Restored,
    Seen,
    Ticked,
    Unanswered,
)
from sidecar.core.phases import Phase
from sidecar.core.policy import Policy
from sidecar.core.view import View, view

WALL = 1_800_000_000.0


class Playbook:
    """One life of a sidecar."""

    def __init__(self, policy: Policy | None = None, at: float = 1000.0) -> None:
        self.policy = policy or Policy(channels=("mail",))
        self.collects = True
        """Whether evidence of a living server can be had, at once; of a dead one each test says so itself."""
        self.state = State()
        self.at = at
        self.wall = WALL + at
        self.past: list[tuple[Seen, tuple[Action, ...]]] = []
        self.publish: Callable[[], None] = lambda: None
        """Called after each step, as the loop's is."""

    def sees(self, what: Observation, *, after: float = 0.0) -> list[Action]:
        """Feed one observation, so many seconds after the one before."""
        self.at += after
        self.wall += after
        seen = Seen(self.at, self.wall, what)
        self.state, actions = step(self.state, seen, self.policy)
        self.past.append((seen, actions))
        self.publish()
        collected = [
            Collected(action.identity, f"/evidence/{action.label}", (), 0.01)
            for action in actions
            if isinstance(action, Collect) and action.ended is None and self.collects
        ]
        return [*actions, *(action for outcome in collected for action in self.sees(outcome))]

    def waits(self, seconds: float) -> list[Action]:
        """Let time pass as the loop does: a tick when the core says that one is due, and no other."""
        shift, end, actions = self.wall - self.at, self.at + seconds, []
        while (moment := due(self.state, self.policy)) <= end:
            self.at, self.wall = moment, moment + shift
            actions += self.sees(Ticked())
        self.at, self.wall = end, end + shift
        return actions

    def boots(self, identity: Identity | None = None) -> Identity:
        """From nothing to a proven server."""
        identity = identity or Identity(100, 1)
        self.sees(Restored(None, seed=7))
        self.sees(Absent())
        self.sees(Appeared(identity, adopted=False))
        self.proves(identity)
        return identity

    def proves(self, identity: Identity) -> list[Action]:
        """The port is its own and the registration was answered."""
        return self.sees(Listened(identity, owned=True)) + self.sees(Registered(identity, 0.01))

    def dies(self, identity: Identity, ended: Ended | None = None) -> list[Action]:
        return self.sees(Exited(identity, ended or Ended(signal=9)))

    def falls_silent(self, identity: Identity, *signs: Sign) -> list[Action]:
        actions = []
        for sign in signs or (Sign.PONG, Sign.HTTP):
            actions += self.sees(Unanswered(identity, sign, "no answer in 1.5 s"))
        return actions

    @property
    def phase(self) -> Phase:
        return self.state.recovery.phase

    @property
    def view(self) -> View:
        return view(self.state, self.policy, self.at, self.wall)


def kinds(actions: list[Action]) -> list[str]:
    """The names of the actions, without the bookkeeping."""
    return [type(action).__name__ for action in actions if type(action).__name__ != "Save"]
