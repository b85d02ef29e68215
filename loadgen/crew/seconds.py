"""The seconds of several workers made into those of one run. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from loadgen.engine import Phase
from loadgen.results import Second
from loadgen.tally import Tally

_ORDER = {phase: place for place, phase in enumerate(Phase)}


class Seconds:
    """Takes each worker's seconds as they come, and gives those of the run, in order.

    Whatever comes in goes out exactly once: the sum of what is given is the sum of what was taken.
    """

    def __init__(self, workers: Iterable[int]) -> None:
        self._awaited = set(workers)
        self._taken = dict.fromkeys(self._awaited, 0)
        self._given = 0
        self._waiting: dict[int, list[Second]] = {}
        self._registered = dict.fromkeys(self._awaited, 0)
        self._departed = dict.fromkeys(self._awaited, 0)
        self._at = 0.0

    def take(self, worker: int, second: Second) -> None:
        """The next second of a worker. One that comes too late is counted in the next of the run."""
        self._taken[worker] += 1
        self._registered[worker] = second.registered
        self._departed[worker] = second.departed
        self._waiting.setdefault(max(self._taken[worker], self._given + 1), []).append(second)

    def no_more(self, worker: int, *, lost: bool = False) -> None:
        """A worker has said its last; `lost`: and its clients are gone with it."""
        self._awaited.discard(worker)
        if lost:
            self._registered[worker] = 0

    @property
    def behind(self) -> int:
        """How many seconds of the run have begun to come in and are not given yet."""
        return max(self._waiting, default=self._given) - self._given

    def give(self, *, patient: bool = True) -> Second | None:
        """The run's next second, once all awaited workers have told theirs; not `patient`: what there is."""
        number = self._given + 1  # if anything waits, something waits under this number
        if not self._waiting:
            return None
        if patient and any(self._taken[worker] < number for worker in self._awaited):
            return None
        self._given = number
        return self._merge(self._waiting.pop(number))

    def _merge(self, parts: list[Second]) -> Second:
        tally = Tally()
        for part in parts:
            tally.add(part.tally)
        self._at = max(self._at, *(part.at for part in parts))
        return msgspec.structs.replace(
            parts[0],
            at=self._at,
            phase=min((part.phase for part in parts), key=lambda phase: _ORDER[Phase(phase)]),
            registered=sum(self._registered.values()),
            departed=sum(self._departed.values()),
            tally=tally,
        )
