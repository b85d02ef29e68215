"""Stories of what was wrong, and what is told of them. Data only: `incidents` continues them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fermatkit.measures import Eater, Measure, Reading
from sidecar.core.moments import Absence
from sidecar.core.nouns import Ended, Finding, Identity, Load, Severity, Sign, Trouble
from sidecar.core.quantities import Window


class Deed(StrEnum):
    """What was done about an incident."""

    CONTINUED = "continued"
    """SIGCONT ordered."""
    TERMINATED = "terminated"
    """SIGTERM ordered."""
    KILLED = "killed"
    """SIGKILL ordered."""
    COLLECTED = "collected"
    """Evidence is on the disk."""
    UNCOLLECTED = "uncollected"
    """There is none."""
    SPARED = "spared"
    """Not ended, for that could not help."""
    LEFT = "left"
    """Not ended, for the sidecar could not start it again."""
    UNDELIVERED = "undelivered"
    """… but the signal did not reach the process."""
    ENTRUSTED = "entrusted"
    """Left to its supervisor, which starts it again by itself."""
    ABANDONED = "abandoned"
    """… which has given that up."""
    REPLACED = "replaced"
    """Its supervisor was asked to end it and to start another."""
    RESTARTED = "restarted"
    """A restart was ordered."""
    STARTED = "started"
    """… and this is the new process."""
    ADOPTED = "adopted"
    """A running process was found and taken over, untouched."""
    AWAITED = "awaited"
    """Not started, for the sidecar cannot: it waits for whoever does."""
    DELAYED = "delayed"
    """The next start waits for the back-off."""
    HELD = "held"
    """The restart budget is spent: the next start waits until the budget has room."""
    RESUMED = "resumed"
    """A new sidecar has taken up the story from an old memory."""


GATHERED = (Deed.COLLECTED, Deed.UNCOLLECTED)
"""What is gathered of a process: it comes after all that is done about it."""


class Done(msgspec.Struct, frozen=True):
    """A deed, when, and to which process."""

    deed: Deed
    wall: float
    pid: int | None = None
    until: float | None = None
    """Epoch seconds until which a delay lasts, or an old memory knows."""
    window: Window | None = None
    """Whose count was full."""
    why: str = ""
    """Why it could not be done, or where the outcome is."""


class Cause(msgspec.Struct, frozen=True):
    """A finding as an incident remembers it."""

    trouble: Trouble
    wall: float
    pid: int | None = None
    signs: tuple[Sign, ...] = ()
    why: str = ""
    ended: Ended | None = None
    reading: Reading | None = None
    eater: Eater | None = None
    measure: Measure | None = None
    severity: Severity = Severity.FAIL


def cause_of(finding: Finding, pid: int | None, wall: float) -> Cause:
    """A finding as a story remembers it; `wall` is since when it is so, epoch seconds."""
    return Cause(
        finding.trouble,
        wall,
        pid,
        finding.signs,
        finding.why,
        finding.ended,
        finding.reading,
        finding.eater,
        finding.measure,
        finding.severity,
    )


class Proof(msgspec.Struct, frozen=True):
    """Why "recovered" may be said: this process owns the port and answered our registration."""

    identity: Identity
    latency: float
    """Seconds that the registration took to be answered."""
    owner_unknown: str = ""
    """Why it cannot be told whose the port is, where only the answer is a proof."""


SERVER = "server"


Topic = str
"""What an incident is about, at most one open for each.

`SERVER`, with all that is done about it; or a finding that is told, by its name, open as long as it lasts.
"""


class Chapter(StrEnum):
    """Which part of the story a message tells."""

    OPENED = "opened"
    AGAIN = "again"
    """It is down, and what was told of it since the memory that a new sidecar found is not known."""
    HELD = "held"
    """The restart budget is spent: the loudest there is."""
    SPARED = "spared"
    """It is ill, and left as it is, for a restart would not help."""
    CHANGED = "changed"
    """Something else is wrong, too."""
    REMINDER = "reminder"
    """It is still so."""
    CLOSED = "closed"
    DIGEST = "digest"
    """What was held back, of several stories or several times."""


class Reason(StrEnum):
    """Why a message is sent to a channel, held back, or not meant for it."""

    NEWS = "news"
    CRITICAL = "critical"
    """So bad that neither quiet hours nor a storm hold it back."""
    RECOVERY = "recovery"
    """It is over, and this channel was told that it is so."""
    REMINDER = "reminder"
    ESCALATED = "escalated"
    """Nobody has acknowledged it in time."""
    FLAPS = "flaps"
    """It has come and gone so often that from now on only the state in which it stays is told."""
    DIGEST = "digest"
    """Part of what was held back, told together."""

    SILENCED = "silenced"
    """Somebody wants to hear nothing of it for a while."""
    UNESCALATED = "not-escalated"
    """This channel is told only of what nobody acknowledges."""
    FLAPPING = "flapping"
    QUIET = "quiet-hours"
    STORM = "storm-limit"
    LOAD = "load-window"
    """It began under an announced load that may explain it: it is told when that is over."""

    ELSEWHERE = "other-channels"
    """Its rule names others."""
    MINOR = "below-severity"
    UNTOLD = "was-not-told"
    """It is over, and this channel was never told of it."""


HELD = frozenset(
    {Reason.SILENCED, Reason.UNESCALATED, Reason.FLAPPING, Reason.QUIET, Reason.STORM, Reason.LOAD}
)
"""Told later, unless something newer is."""
TOGETHER = frozenset({Reason.FLAPPING, Reason.QUIET, Reason.STORM, Reason.LOAD})
"""Those of which even what is over by then is told, as a digest."""
NOT_MEANT = frozenset({Reason.ELSEWHERE, Reason.MINOR, Reason.UNTOLD})


class Ack(msgspec.Struct, frozen=True):
    """Somebody has it in hand."""

    wall: float
    by: str
    """A user's name."""
    why: str = ""


class Incident(msgspec.Struct, frozen=True):
    """One story: from the first finding to the proof that it is over."""

    number: int
    topic: Topic
    opened: float
    """Epoch seconds."""
    causes: tuple[Cause, ...]
    done: tuple[Done, ...] = ()
    clients: Reading | None = None
    """Connections to the server's port just before, our own probes' among them."""
    left_out: int = 0
    """How many causes and deeds from the middle of a long story are not kept."""
    told: tuple[Chapter, ...] = ()
    """What of it has been told."""
    absence: Absence | None = None
    """A time without a sidecar in which it was open, or may have begun."""
    closed: float | None = None
    proof: Proof | None = None
    ack: Ack | None = None
    load: Load | None = None
    """The announced load in which it began."""
    related: tuple[Cause, ...] = ()
    """What else was wrong when an outage began, or came up during it: at most one of each trouble."""

    @property
    def began(self) -> float:
        """Since when it is so, epoch seconds: a finding is made only after a while."""
        return min(cause.wall for cause in self.causes)

    @property
    def severity(self) -> Severity:
        """That of its worst cause; worst of all is a server that the sidecar leaves down or ill."""
        worst = {cause.severity for cause in (*self.causes, *self.related)}
        left = Chapter.HELD in self.told or Chapter.SPARED in self.told
        return Severity.FAIL if left or Severity.FAIL in worst else Severity.WARN


class Message(msgspec.Struct, frozen=True):
    """What somebody is to be told: facts only, the words are made when it is sent."""

    id: str
    """The same in every repetition, so that a duplicate is recognisable."""
    chapter: Chapter
    incident: Incident
    reason: Reason = Reason.NEWS
    """Why it is told, and told now."""
    left: int = 0
    """How many older ones of the same topic were held back, and are not told any more."""
    together: tuple[Message, ...] = ()
    """The parts of a digest; its incident is the last one's."""
    made: float | None = None
    """When it was, epoch seconds; None: when the story had come so far."""


Letter = tuple[Message, str]
"""A message, and the channel that is to have it."""


class Owed(msgspec.Struct, frozen=True):
    """A message that a channel has not taken yet."""

    message: Message
    channel: str
    attempts: int = 0
    why: str = ""
    """Why the last attempt failed."""
    failed: float | None = None
    """When it did, epoch seconds."""
