"""How long a client that was lost waits before it tries again: drawn for each by itself. Pure."""

from __future__ import annotations

from loadgen.scenario.comeback import Return
from loadgen.schedule.chance import key, share

_MOST_CLIENTS = 2**20
_MOST_DOUBLINGS = 20
"""From the shortest wait there is that is more than the longest."""


class Waits:
    """The same for every client whatever the others do, and by however many workers they are carried."""

    def __init__(self, seed: int, plan: Return) -> None:
        self._key = key(seed, "comeback")
        self._plan = plan

    def wait(self, client: int, failed: int, tried: int) -> float:
        """Seconds from a loss, or from an attempt that failed, to the next one.

        `failed`: attempts in a row; `tried`: attempts of this client so far, in the whole run.
        """
        wait = min(self._plan.first * 2.0 ** min(failed, _MOST_DOUBLINGS), self._plan.most)
        return wait * (1 + self._plan.jitter * share(self._key, tried * _MOST_CLIENTS + client))
