"""The loop: take an observation, step, perform the actions, publish. It names no kind of probe or face."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

import structlog

from sidecar.core.actions import Action
from sidecar.core.brief import brief
from sidecar.core.engine import State, can_wait, decide, due, tell
from sidecar.core.observations import Exited, Observation, Seen, Ticked
from sidecar.core.policy import Policy

Performer = Callable[..., None]
Clock = Callable[[], float]
Record = Callable[[Seen, State], None]
"""Keeps an observation, and the state that it met: where a recording can be taken up."""

log = structlog.get_logger("sidecar.loop")


class Loop:
    """Feeds the core and does what it says, on one thread, in order, at once.

    ``report`` runs the step in the caller's own turn: between a death that the kernel has told of
    and the start of the next server stands no queue and no task switch. An action's outcome that is
    known at once may be reported from inside its performer; it is taken after the actions of this
    step. What can wait is taken in with the next that cannot: after a rest a step costs ten times the CPU
    of one that follows another.
    """

    def __init__(
        self, policy: Policy, monotonic: Clock, wall: Clock, publish: Callable[[State], None]
    ) -> None:
        self.state = State()
        self._policy = policy
        self._monotonic = monotonic
        self._wall = wall
        self._publish = publish
        self._performers: Mapping[type[Action], Performer] = {}
        self._record: Record = lambda _seen, _state: None
        self._waiting: deque[Seen] = deque()
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def connect(self, performers: Mapping[type[Action], Performer], record: Record | None = None) -> None:
        """Say who performs what, and who records what is taken in from now on.

        An action of the core without a performer is a mistake found here.
        """
        missing = [kind.__name__ for kind in Action.__subclasses__() if kind not in performers]
        if missing:
            raise ValueError(f"nobody performs {', '.join(missing)}")
        self._performers = performers
        self._record = record or self._record
        self._drain()

    def obey(self, policy: Policy) -> None:
        """Decide by another policy from now on."""
        self._policy = policy
        self.report(Ticked())

    def report(self, what: Observation) -> None:
        """Take an observation; on the event loop's thread only. Before ``connect`` it waits."""
        seen = Seen(self._monotonic(), self._wall(), what)
        if isinstance(what, Exited):  # nothing may stand before the next start
            self._waiting.appendleft(seen)
        else:
            self._waiting.append(seen)
        if self._performers and not self._busy and not can_wait(self.state, what):
            self._drain()

    def _drain(self) -> None:
        self._busy = True
        try:
            while self._waiting:
                self._take(self._waiting.popleft())
        finally:
            self._busy = False
        self._publish(self.state)
        self._wake()

    def close(self) -> None:
        """No tick comes after this."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take(self, seen: Seen) -> None:
        facts = self.state.facts
        if seen.at < facts.at:  # a death was taken in before it
            seen = Seen(facts.at, facts.wall, seen.what)
        try:
            decision = decide(self.state, seen, self._policy)
            self._perform(decision.actions)  # nothing may stand before a start
        finally:  # and nothing, not even a bug in it, may keep an observation from being recorded
            self._record(seen, self.state)
        self.state, rest = tell(self.state, decision, seen, self._policy)
        self._perform(rest)
        if told := [brief(action) for action in decision.actions + rest if not action.routine]:
            log.info("decided", actions=told, because=brief(seen.what))

    def _perform(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            self._performers[type(action)](action)

    def _wake(self) -> None:
        """One timer for the next moment at which time alone matters."""
        self.close()
        delay = max(0.0, due(self.state, self._policy) - self._monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay, self.report, Ticked())
