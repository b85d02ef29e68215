"""What was seen: the vocabulary into the core. Past tense, frozen; the counterpart to it are actions."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fermatkit.measures import Eater, Measure, Reading
from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Identity, Sign
from sidecar.core.quantities import Window
from sidecar.core.stories import Topic


class Observation(msgspec.Struct, frozen=True):
    """Anything that can be seen."""


class Ticked(Observation, frozen=True, tag=True):
    """Nothing happened but time."""


class Restored(Observation, frozen=True, tag=True):
    """What an earlier sidecar knew, or nothing; always the first observation."""

    memory: Memory | None
    seed: int
    """Where jitter comes from, when there is no memory to say."""
    alive: float | None = None
    """When that sidecar was last alive, epoch seconds; None where nothing tells."""


class Appeared(Observation, frozen=True, tag=True):
    """The server's process is there: started by us now, or found running (adopted)."""

    identity: Identity
    adopted: bool
    age: float = 0.0
    """Seconds for which it had been running then: an adopted one may have used up its time to start."""


class Absent(Observation, frozen=True, tag=True):
    """Looked for a running server: none was found. At our own start; of others' servers, each new reason."""

    why: str = ""
    """Where it is not; "" of the sidecar's own, which then does not run."""
    alive: Identity | None = None
    """The one that ran last, if it may still run, though it is not the server, or out of sight."""


class StartFailed(Observation, frozen=True, tag=True):
    """The command could not be started at all."""

    why: str


class GaveUp(Observation, frozen=True, tag=True):
    """The server's supervisor does not start it again by itself."""

    why: str


class Rested(Observation, frozen=True, tag=True):
    """An operator had its supervisor end the server, which is to stay down until it appears again."""

    why: str


class Supervised(Observation, frozen=True, tag=True):
    """What is known of the server's supervisor; told at first, and whenever it has changed."""

    limit: Window | None = None
    """How many restarts it makes by itself, and within how many seconds."""
    weak: str = ""
    """Why that would not do."""
    problem: str = ""
    """Why it cannot be asked for anything, or does not obey."""


class Exited(Observation, frozen=True, tag=True):
    """The process is gone."""

    identity: Identity
    ended: Ended


class Sampled(Observation, frozen=True, tag=True):
    """One sample of the process and its machine."""

    identity: Identity
    state: str
    """The kernel's one-letter state of the process (R, S, D, T, Z …), or "" when it could not be read."""
    readings: dict[Measure, Reading]


class HostSampled(Observation, frozen=True, tag=True):
    """One sample of the machine, whether a server runs or not."""

    readings: dict[Measure, Reading]
    eater: Eater | None = None
    """Who else has most memory: not the server, not the sidecar. Only looked for when memory is low."""


class ConfigRead(Observation, frozen=True, tag=True):
    """The server's own configuration is another than before; told at first, too."""

    path: str
    port: int | None
    """The port that it names, None when there is a problem, or when it is unknown."""
    problem: str
    """"" | "missing" | "empty" | "unreadable: …" | "no port" | "port is not a number: …"."""
    unknown: str = ""
    """Why we cannot look at it, which says nothing about it: then there is neither a port nor a problem."""


class Counted(Observation, frozen=True, tag=True):
    """More readings of the server, at a slower beat: its threads by name, or its own counters."""

    identity: Identity
    readings: dict[Measure, Reading]


class Listened(Observation, frozen=True, tag=True):
    """Who owns the listening socket of the server's port."""

    identity: Identity
    owned: bool | None
    """True: the watched process itself. False: somebody else, or nobody. None: that cannot be told."""
    why: str = ""
    """Who it is instead, or why it cannot be told."""
    elsewhere: tuple[int, ...] = ()
    """The ports that it listens on instead, where this is known."""
    elsewhere_unknown: str = ""
    """That nobody has the port, and why it cannot be told whether it listens on others."""


class Registered(Observation, frozen=True, tag=True):
    """The sidecar's own registration was answered: the session is held from now on."""

    identity: Identity
    latency: float
    """Seconds from the request to its answer."""


class SessionLost(Observation, frozen=True, tag=True):
    """The held session ended, or could not be opened or registered; it is tried again."""

    identity: Identity
    why: str
    refused: bool = False
    """Whether the server answered the registration with its refusal."""


class Answered(Observation, frozen=True, tag=True):
    """A sign of life."""

    identity: Identity
    sign: Sign
    latency: float
    """Seconds from the question to its answer."""


class Unanswered(Observation, frozen=True, tag=True):
    """A question whose answer did not come in time, or was wrong."""

    identity: Identity
    sign: Sign
    why: str


class Collected(Observation, frozen=True, tag=True):
    """The evidence is as complete as it will be; the process may be ended now."""

    identity: Identity
    bundle: str
    """The directory's path, or "" if none could be made."""
    missing: tuple[str, ...]
    """What could not be had, each with the reason, on one line."""
    took: float
    """Seconds from the order on."""


class Sent(Observation, frozen=True, tag=True):
    """A message was taken by the channel's service."""

    message: str
    channel: str


class SendFailed(Observation, frozen=True, tag=True):
    """A message was not taken this time; the core decides when to try again."""

    message: str
    channel: str
    why: str


class Saved(Observation, frozen=True, tag=True):
    """The memory with this number is on the disk."""

    revision: int


class SaveFailed(Observation, frozen=True, tag=True):
    """It is not."""

    revision: int
    why: str


class BeatHeard(Observation, frozen=True, tag=True):
    """The dead-man switch has taken what it was told."""


class BeatFailed(Observation, frozen=True, tag=True):
    """It has not."""

    why: str


class SignalFailed(Observation, frozen=True, tag=True):
    """A signal could not be delivered."""

    identity: Identity
    signal: int
    why: str


class PauseAsked(Observation, frozen=True, tag=True):
    """The operator wants the sidecar to keep its hands off for a while."""

    until: float
    """Epoch seconds."""
    why: str = ""
    by: str = ""
    """Whose wish it is: a user's name."""


class ResumeAsked(Observation, frozen=True, tag=True):
    """… and now no longer."""


class RestartAsked(Observation, frozen=True, tag=True):
    """The operator wants this process to be replaced by another, whether anything is wrong with it or not."""

    identity: Identity
    why: str = ""
    by: str = ""


class LoadAnnounced(Observation, frozen=True, tag=True):
    """A load generator says what it is about to do, or still does; until now: that it is done."""

    until: float
    """Epoch seconds."""
    clients: int
    who: str


class AckAsked(Observation, frozen=True, tag=True):
    """Somebody has this incident in hand: nobody is to be reminded of it, or told because nobody has."""

    number: int
    by: str = ""
    why: str = ""


class SilenceAsked(Observation, frozen=True, tag=True):
    """Somebody wants no message about this topic for a while; its end is told to who was told of it."""

    topic: Topic
    until: float
    """Epoch seconds."""
    why: str = ""
    by: str = ""


class UnsilenceAsked(Observation, frozen=True, tag=True):
    """… and now no longer."""

    topic: Topic


class StopAsked(Observation, frozen=True, tag=True):
    """The operator wants the sidecar to end."""

    leave: bool
    """Leave the server running."""


class Seen(msgspec.Struct, frozen=True):
    """An observation and when it was made."""

    at: float
    """Monotonic seconds: all decisions."""
    wall: float
    """Seconds since the epoch: only for telling and storing."""
    what: Observation


Report = Callable[[Observation], None]
"""How an edge hands one in: on the event loop's thread, with its own state already changed."""
