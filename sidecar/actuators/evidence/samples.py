"""The last minutes of samples: what the server looked like before it was ill."""

from __future__ import annotations

import msgspec

from fermatkit.measures import Measure, Reading
from sidecar.core.engine import State

_KEPT = 300
"""One a second."""


class _Line(msgspec.Struct, frozen=True):
    wall: float
    state: str
    readings: dict[Measure, Reading]


class Samples:
    """Kept on the event loop, read in another thread: a tuple is either the old or the new."""

    def __init__(self) -> None:
        self._lines: tuple[_Line, ...] = ()
        self._last = 0.0

    def keep(self, state: State) -> None:
        """Keep this state's sample, if it is a new one."""
        facts = state.facts
        if facts.sampled is not None and facts.sampled_at != self._last:
            self._last = facts.sampled_at
            line = _Line(facts.wall, facts.sampled.state, facts.sampled.readings)
            self._lines = (*self._lines[1 - _KEPT :], line)

    def lines(self) -> bytes:
        """All of them, a line of JSON each."""
        return b"".join(msgspec.json.encode(line) + b"\n" for line in self._lines)
