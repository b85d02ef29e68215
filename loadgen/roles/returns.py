"""Who was lost and comes back of its own accord: when each tries again."""

from __future__ import annotations

from collections.abc import Callable

from loadgen.pacing import Agenda, beat
from loadgen.scenario.plan import Plan
from loadgen.schedule.comeback import Waits


class _Lost:
    """One client's attempts."""

    __slots__ = ("back", "failed", "tried")

    def __init__(self) -> None:
        self.failed = self.tried = 0
        self.back = False


class Returns:
    """Of one shard's clients; nobody comes back if the plan has no ``[return]``."""

    def __init__(self, plan: Plan, come: Callable[[float, int], None]) -> None:
        """`come` is called with when it was due, and who."""
        self.wanted = plan.comeback is not None
        self._waits = None if plan.comeback is None else Waits(plan.seed, plan.comeback)
        self._come = come
        self._agenda: Agenda[int] = Agenda()
        self._lost: dict[int, _Lost] = {}

    def lost(self, client: int, now: float) -> bool:
        """It has lost its connection, or an attempt to come back has failed; whether that was so before."""
        one = self._lost.get(client)
        again = one is not None and not one.back
        if one is None:
            one = self._lost[client] = _Lost()
        one.failed = one.failed + 1 if again else 0
        one.back = False
        if self._waits is not None:
            self._agenda.add(now + self._waits.wait(client, one.failed, one.tried), client)
            one.tried += 1
        return again

    def back(self, client: int) -> bool:
        """It is registered again; whether it had been lost."""
        one = self._lost.get(client)
        if one is None or one.back:
            return False
        one.back = True
        return True

    def tick(self, now: float) -> None:
        """Let them come who are due, at every beat."""
        while turn := self._agenda.take(now):
            due, client = turn
            self._come(min(beat(due), now), client)
