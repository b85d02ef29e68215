"""Random histories of a server with a supervisor, which starts it again until it gives that up."""

from __future__ import annotations

import copy
import math

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from sidecar.core import actions as act
from sidecar.core import observations as obs
from sidecar.core.nouns import Ended, Identity
from sidecar.core.phases import Over
from sidecar.core.policy import Abilities
from sidecar.core.quantities import Window
from sidecar.core.stories import Deed
from sidecar.core.turn import windows
from support.histories import Histories
from support.world import POLICY, TERM_DEADLINE

LIMIT = Window(3, 200.0)
"""How often it starts another of its own accord."""
DELAY = 0.02
"""Seconds that it takes for that."""


class SupervisedHistories(Histories):
    """Nobody but the supervisor ends or starts the server; the sidecar asks it to, within the budget."""

    MOVES = (*Histories.MOVES, "returns_at", "starts", "given_up", "rested", "ordered", "too_short")

    def __init__(self) -> None:
        super().__init__()
        self.policy = msgspec.structs.replace(POLICY, abilities=Abilities(restarts_itself=True))
        self.returns_at = math.inf
        """When the supervisor starts another."""
        self.starts: list[float] = []
        """Those it counts."""
        self.given_up = self.rested = self.ordered = False
        self.too_short = False
        """Whether a life that the sidecar begins is over before it is seen."""

    # ---- what the supervisor does --------------------------------------------------------------

    def perform(self, action: act.Action) -> list[obs.Observation]:
        if not isinstance(action, act.Restart):
            return super().perform(action)
        assert action.identity == self.server
        self.doomed = action.identity
        self.count_restart()
        if self.signals_fail:
            return [obs.StartFailed("Interactive authentication required.")]
        self.ordered = self.told_to_end = True
        self.stopped = False
        self.dies_at = min(self.dies_at, self.at + self.term_takes)
        return []

    def start(self) -> list[obs.Observation]:
        assert self.given_up, "the supervisor would have started it"
        assert self.server is None
        self.count_restart()
        if self.starts_fail:
            return [obs.StartFailed("No such file or directory")]
        if self.too_short:
            return [obs.GaveUp("failed again")]
        self.starts = []
        return [self.begins()]

    def count_restart(self) -> None:
        assert not self.rested, "an operator wants it down"
        moments = [moment.at for moment in self.state.recovery.restarts[:-1]]
        for window in windows(self.state.facts, self.policy):
            inside = [at for at in moments if at + window.within > self.at + 1e-6]
            assert len(inside) < window.restarts, "over budget"

    def dies(self, ended: Ended) -> list[obs.Observation]:
        seen = super().dies(ended)
        self.starts = [at for at in self.starts if at + LIMIT.within > self.at]
        if self.rested:
            return seen
        if self.ordered or len(self.starts) <= LIMIT.restarts:
            self.ordered, self.returns_at = False, self.at + DELAY
            return seen
        self.given_up = True
        return [*seen, obs.GaveUp("failed")]

    def begins(self) -> obs.Observation:
        self.pids += 1
        self.starts.append(self.at)
        self.returns_at, self.rested, self.given_up = math.inf, False, False
        self.server, self.stopped, self.told_to_end = Identity(self.pids, self.pids), False, False
        return obs.Appeared(self.server, adopted=True)

    def next_moment(self, end: float) -> float:
        return max(self.at, min(super().next_moment(end), self.returns_at))

    def meanwhile(self) -> obs.Observation:
        return self.begins() if self.at >= self.returns_at else obs.Ticked()

    # ---- what happens --------------------------------------------------------------------------

    @initialize()
    def boot(self) -> None:
        self.lives.append([])
        self.sees(obs.Restored(None, seed=5), *self.found())

    def found(self) -> list[obs.Observation]:
        limit = obs.Supervised(limit=LIMIT)
        if self.server is not None:
            return [limit, obs.Appeared(self.server, adopted=True)]
        if self.rested:
            return [limit, obs.Rested("inactive"), obs.Absent()]
        if self.given_up:
            return [limit, obs.GaveUp("failed"), obs.Absent()]
        return [limit, self.begins()]

    @precondition(lambda self: self.server is not None and not self.ordered)
    @rule()
    def an_operator_stops_it(self) -> None:
        self.rested = True
        self.sees(obs.Rested("systemctl stop"), *self.dies(Ended(code=143)))

    @precondition(lambda self: self.server is None and (self.rested or self.given_up))
    @rule()
    def an_operator_starts_it(self) -> None:
        self.sees(self.begins())

    @rule(too_short=st.booleans())
    def its_lives_may_be_too_short_to_be_seen(self, too_short: bool) -> None:
        self.too_short = too_short

    @precondition(lambda self: self.server is not None and not self.ordered)
    @rule()
    def the_next_sidecar_does_not_see_it_at_first(self) -> None:
        """It lives, and systemd cannot be asked, or /proc hides it."""
        assert self.server is not None
        self.doomed = None  # no order has reached it: it may prove itself, and then its death is its own
        self.sees(obs.Absent("it is hidden", alive=self.server), obs.Appeared(self.server, adopted=True))

    def comes_back(self) -> None:
        self.too_short = False
        if self.server is None and self.rested:
            self.an_operator_starts_it()

    def stop_here(self) -> None:
        """A clean stop orders nothing more, whatever has been ordered before."""
        kept = {name: copy.deepcopy(vars(self)[name]) for name in self.MOVES}
        told = len(self.lives[-1])
        self.sees(obs.StopAsked(leave=False))
        self.time_passes(2 * TERM_DEADLINE + 2)
        assert isinstance(self.state.recovery.phase, Over)
        orders = (act.Start, act.Restart, act.Signal)
        assert not [
            one for _, _, actions in self.lives[-1][told:] for one in actions if isinstance(one, orders)
        ]
        vars(self).update(kept)

    # ---- what must hold ------------------------------------------------------------------------

    @invariant()
    def it_is_ended_by_its_supervisor_alone(self) -> None:
        for incident in self.state.incidents.open.values():
            assert Deed.TERMINATED not in [done.deed for done in incident.done]
