"""Two clocks that no question can compare exactly: how far another machine's is from ours. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Poll(msgspec.Struct, frozen=True):
    """One question and its answer."""

    asked: float
    """`time.monotonic` here …"""
    answered: float
    told: float
    """… and the other's idea of the time, epoch seconds; it may have been so for a while."""


class Clock(msgspec.Struct, frozen=True):
    """The other clock, as seen from here."""

    ahead: float
    """Its epoch seconds less our `time.monotonic`."""
    within: float
    """Seconds by which that may be wrong: half of the way there and back."""

    def ours(self, theirs: float) -> float:
        """A moment of theirs on our clock."""
        return theirs - self.ahead


def clock(polls: Iterable[Poll]) -> Clock:
    """By the poll whose answer was freshest, at least one is needed: in the middle of it (Cristian, 1989).

    An answer that is older than the question puts the other clock behind where it is, never ahead.
    """
    best = max(polls, key=_ahead)
    return Clock(_ahead(best), (best.answered - best.asked) / 2)


def _ahead(poll: Poll) -> float:
    return poll.told - (poll.asked + poll.answered) / 2
