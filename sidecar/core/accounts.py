"""What each channel believes, what is held back from it, and why. Data only: `routing` keeps the accounts.

All times are on the wall's clock: they outlive the sidecar, and nothing but telling depends on them.
"""

from __future__ import annotations

import msgspec

from sidecar.core.nouns import Pause
from sidecar.core.stories import Message, Reason, Topic


class Account(msgspec.Struct, frozen=True):
    """One channel, and one topic."""

    channel: str
    topic: Topic
    believes: bool = False
    """Whether the last that it was told is that this is so."""
    told: float = 0.0
    """When that was."""
    reminders: int = 0
    """How many came after it."""
    held: Message | None = None
    """The newest that is held back …"""
    reason: Reason = Reason.NEWS
    """… and why."""
    left: int = 0
    """How many older ones it has replaced, which are not told any more."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to be kept."""
        return not self.believes and self.held is None


class Flapping(msgspec.Struct, frozen=True):
    """How often a condition has begun lately."""

    changed: float
    """When it last began or ended."""
    begun: tuple[float, ...] = ()
    first: str = ""
    """The message with which it was found to flap; "" as long as it does not."""


class Routing(msgspec.Struct, frozen=True):
    """Who was told what, and is yet to be told."""

    accounts: tuple[Account, ...] = ()
    flapping: dict[Topic, Flapping] = {}
    sent: dict[str, tuple[float, ...]] = {}
    """When the last messages went to each channel, as many as the storm limit counts."""
    silences: dict[Topic, Pause] = {}
