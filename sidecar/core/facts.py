"""What is so: wanted, actual and ready are three facts, never one. How they are learned: `learning`."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fermatkit.measures import Eater, Measure, Reading
from sidecar.core import observations as obs
from sidecar.core.moments import Absence, Moment
from sidecar.core.nouns import Ended, Identity, Load, Pause, Sign
from sidecar.core.trends import COUNTED, Trends

QUARTER_CORE = 25.0
"""Percent: so much garbage collection is work in earnest: a whole core's, where others want it, too."""
GC_GAP = 30.0
"""Seconds: a reading of the garbage collection speaks for no longer time before it."""

_FEW = 3
"""Sockets: as many as the sidecar itself may have, the held session and two questions over HTTP."""


class Wanted(StrEnum):
    """What the operator wants of the server."""

    RUNNING = "running"
    STOPPED = "stopped"
    LEFT = "left"
    """To run on without the sidecar."""


class SignFact(msgspec.Struct, frozen=True):
    """What is known of one sign of life."""

    good_at: float | None = None
    latency: float | None = None
    bad_since: float | None = None
    """Since when it has been missing without a good answer between; None while it is well."""
    why: str = ""

    @property
    def missing(self) -> bool:
        """Whether its last answer did not come."""
        return self.bad_since is not None


_UNASKED = SignFact()


class NotFound(msgspec.Struct, frozen=True):
    """Nobody is where the server should be found: why, and since when."""

    why: str
    since: float


class Exit(msgspec.Struct, frozen=True):
    """A death: whose, when, how."""

    number: int
    at: float
    identity: Identity
    ended: Ended


class Facts(msgspec.Struct, frozen=True, rename={"asked": "pause"}):
    """What is so. All times monotonic seconds. In a recording `asked` is ``pause``, as it always was."""

    at: float = 0.0
    wall: float = 0.0
    """The same moment, epoch seconds."""
    asked: Pause | None = None
    """The pause that an operator has asked for."""
    restart: obs.RestartAsked | None = None
    """What an operator wants of the process that runs."""
    planned: Pause | None = None
    """That of the calendar."""
    resumed: float = 0.0
    """When an operator last ended them, epoch seconds."""
    load: Load | None = None
    """The load that was announced last, until it is over."""
    away: float = 0.0
    """How long nobody had looked before this moment; 0 unless the sidecar itself was away."""
    absence: Absence | None = None
    """How long there had been no sidecar before this one; None where that is not known."""
    returned: bool = False
    """Whether a server has been proven since."""
    wanted: Wanted = Wanted.RUNNING
    known: bool = False
    """Whether it is known if a server runs."""
    identity: Identity | None = None
    not_found: NotFound | None = None
    """No process was found where somebody else's server should be."""
    adopted: bool = False
    appeared_at: float = 0.0
    age: float = 0.0
    """Seconds for which it had been running when it appeared."""
    stopped_since: float | None = None
    owned: bool | None = None
    """Whether the port's listening socket is its own; None until seen, and where that cannot be told."""
    owner_why: str = ""
    """Who has the port instead."""
    owner_unknown: str = ""
    """Somebody listens on it; why it cannot be told who."""
    registered: obs.Registered | None = None
    proven: bool = False
    """Whether this process was ever ready: its grace ended there."""
    served_since: float | None = None
    """Since when it has been serving without a break."""
    unserved_since: float | None = None
    """Since when it has not been serving, without the times in which nobody looked; None while it is."""
    wavering: float = 0.0
    """Seconds, once it was proven, in which it has not been serving, less those since in which it has."""
    signs: dict[Sign, SignFact] = {}
    sampled: obs.Sampled | None = None
    sampled_at: float = 0.0
    """Of the sample above, which may be of a process that is gone."""
    readings: dict[Measure, Reading] = {}
    """The last of each."""
    read_at: dict[Measure, float] = {}
    """When that was: not everything is looked at as often."""
    fresh: frozenset[Measure] = frozenset()
    """Those that this observation brought, or may be judged by another policy than the last."""
    trends: Trends = {}
    connected: Reading | None = None
    """Connections to the port when last counted while it served; of the process before until then."""
    expected: float | None = None
    """Connections that were there before the server was replaced, until enough are there again."""
    lost: Moment | None = None
    """When it was lost, they with it; of the last time."""
    eater: Eater | None = None
    """Who has most of the machine's memory, when there is little."""
    collected_at: float = 0.0
    """When the garbage collection was last looked at."""
    collecting: float = 0.0
    """Seconds for which it has taken a quarter of a core or more since HTTP was last answered."""
    laboured_at: float | None = None
    """When it was last seen to take so much."""
    config: obs.ConfigRead | None = None
    """The server's own configuration."""
    elsewhere: tuple[int, ...] = ()
    """The ports that the server listens on instead of the watched one."""
    elsewhere_unknown: str = ""
    """Nobody has the watched one; why it cannot be told whether the server has others."""
    refused_at: float | None = None
    """When this process refused a registration of ours before the first that it took."""
    supervised: obs.Supervised = obs.Supervised()
    """Of a server with a supervisor."""
    given_up: obs.GaveUp | None = None
    """Its supervisor has given up, since the last process."""
    rested: obs.Rested | None = None
    """An operator has stopped it, likewise."""
    exit: Exit | None = None
    """The last death."""
    start_error: str | None = None
    """Why the command could not be executed, until one could."""
    start_errors: int = 0
    give_ups: int = 0
    """How often its supervisor has given up."""

    @property
    def pause(self) -> Pause | None:
        """The one that is in force: of two, that which lasts longer."""
        if self.asked is None or self.planned is None:
            return self.asked or self.planned
        return max(self.asked, self.planned, key=lambda pause: pause.until)

    @property
    def setbacks(self) -> int:
        """After one more of these nothing is to be expected of a start that was ordered before.

        A process that ends before anybody has seen it is one, too: its supervisor gives up once more.
        """
        return self.start_errors + self.give_ups

    @property
    def ready(self) -> bool:
        """Proven: the process is there and runs, the port is its own, our registration was answered."""
        return (
            self.identity is not None
            and self.stopped_since is None
            and (self.owned is True or bool(self.owner_unknown))
            and self.registered is not None
        )

    def sign(self, sign: Sign) -> SignFact:
        """What is known of a sign, nothing included."""
        return self.signs.get(sign, _UNASKED)

    def deserted(self, since: float) -> bool:
        """Whether, by a count after that moment, hardly anybody but the sidecar itself is connected.

        By the server's own counters where there are any, for not every socket is a client.
        """
        counted = [self._counted(measure, since) for measure in COUNTED]
        clients = [number for number in counted if number is not None]
        if len(clients) == len(COUNTED):
            return sum(clients) <= 1
        sockets = self._counted(Measure.ESTABLISHED, since)
        return sockets is not None and sockets <= _FEW

    def _counted(self, measure: Measure, since: float) -> float | None:
        number = self.readings.get(measure)
        if isinstance(number, int | float) and self.read_at[measure] >= since:
            return number
        return None

    @property
    def serving(self) -> bool:
        """Ready, and no ping is without its answer."""
        return self.ready and not self.sign(Sign.PONG).missing

    @property
    def missing(self) -> tuple[Sign, ...]:
        """The signs of life that are missing now."""
        return tuple([sign for sign, fact in self.signs.items() if fact.bad_since is not None])
