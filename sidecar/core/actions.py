"""What is to be done: the vocabulary out of the core. Imperative; outcomes come back as observations."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import msgspec

from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Identity
from sidecar.core.stories import Message, Reason, Topic


class Action(msgspec.Struct, frozen=True):
    """Anything that can be done."""

    routine: ClassVar[bool] = False
    """Whether it is done again and again, so that one more is nothing to log."""


class Start(Action, frozen=True, tag=True):
    """Start the server. → Appeared or StartFailed."""


class Restart(Action, frozen=True, tag=True):
    """Have the supervisor end this process and start another. → Exited and Appeared, or StartFailed."""

    identity: Identity


class Signal(Action, frozen=True, tag=True):
    """Send a signal to exactly this process. → nothing, or SignalFailed; the death itself is Exited."""

    identity: Identity
    signal: int


class Watch(Action, frozen=True, tag=True):
    """Aim the probes at this process, or at none."""

    identity: Identity | None


class Ask(Action, frozen=True, tag=True):
    """Ask this process over HTTP now, for its pongs are missing. → Answered or Unanswered."""

    routine: ClassVar[bool] = True
    identity: Identity


class Collect(Action, frozen=True, tag=True):
    """Put together what shows why this process is in trouble, without changing it; or died. → Collected."""

    identity: Identity
    label: str
    """A word for the bundle's name, such as an incident's number and its trouble: ``7-hung``."""
    ended: Ended | None = None
    """How it died; None while it lives."""


class Send(Action, frozen=True, tag=True):
    """Try once to send. → Sent or SendFailed."""

    message: Message
    channel: str


class Explain(Action, frozen=True, tag=True):
    """Say why a message goes to a channel now, later or never. → nothing: it is logged, and shown."""

    wall: float
    message: str
    topic: Topic
    channel: str
    reason: Reason


class Save(Action, frozen=True, tag=True):
    """Make this last; a newer one replaces one still waiting. → Saved or SaveFailed."""

    revision: int
    memory: Memory


class Pulse(StrEnum):
    """What the dead-man switch is told of us."""

    STARTED = "started"
    WELL = "well"
    """The sidecar is alive and can tell people: nothing is wrong that they would not hear of otherwise."""
    DOWN = "down"
    """The server's own incident is open."""
    STUCK = "stuck"
    """A message has waited too long for its channel: somebody does not hear of what is wrong."""


class Beat(Action, frozen=True, tag=True):
    """Tell the dead-man switch, once. → BeatHeard or BeatFailed."""

    routine: ClassVar[bool] = True
    pulse: Pulse


class Finish(Action, frozen=True, tag=True):
    """Nothing is left to do: end the program."""
