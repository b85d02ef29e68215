"""A whole run as data: what a plan file, a preset or flags come to. Pure."""

from __future__ import annotations

from typing import Annotated

import msgspec

from fermatkit.toml.texts import line
from loadgen.scenario.behaviours import Duplicate, Echo, Lister
from loadgen.scenario.comeback import Return
from loadgen.scenario.mix import Mix, shares
from loadgen.scenario.stages import Length, Ramp, Stage
from loadgen.scenario.target import Sources
from loadgen.scenario.thresholds import Thresholds

DEFAULT_URL = "ws://127.0.0.1:9090"
Text = Annotated[str, msgspec.Meta(extra={"read": line})]
Wait = Annotated[float, msgspec.Meta(ge=0.1, le=3600, extra={"unit": "duration"})]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """``[limits]``: how long anybody waits, and how many at once."""

    pending: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 50
    """Connects on their way at once: the listen backlog of the real server (real-cloud-server.md §2)."""
    registered_within: Wait = 10.0
    """From the moment a connect was due until its registration is answered, or an echo's WebSocket is open;
    later is a failure."""
    answered_within: Wait = 5.0
    """How long to wait, when the last stage is over, for answers that are still out."""
    closed_within: Wait = 10.0
    """For all clients to leave by close code 1000; who has not is aborted."""
    ping_period: Wait = 20.0
    """Between two pings of one client, as in the real client (cloud-server.md §3)."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. Times in seconds, sizes in bytes, rates a second."""

    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    """Makes the schedule the same again, to the bit."""
    identities: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)] = 0
    """Who the clients are: with another number others do the same. A run draws its own for 0, so that two of
    one seed at once do not replace each other's clients; shards do not, who have to be parts of one crowd."""
    name: Text = "plan"
    url: Text = DEFAULT_URL
    """``ws://`` or ``wss://``; only an echo's may have a path of its own."""
    ca: Text | None = None
    """Of wss://: a file with the certificates to trust, PEM; without it the system's."""
    sources: Sources = ()
    """Addresses of this machine to connect from, in turns; none: one for each 10,000 clients on loopback."""
    clients: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 100
    ramp: Ramp = Ramp()
    settle: Length = 2.0
    """From the last connect that fell due to the begin of the first stage."""
    stages: tuple[Stage, ...] = msgspec.field(name="stage", default=(Stage(duration=30.0, rate=200.0),))
    mix: Mix = (Lister(),)
    limits: Limits = Limits()
    comeback: Return | None = msgspec.field(name="return", default=None)
    """Without it a client whose connection is lost is lost for good."""
    thresholds: Thresholds = ()

    @property
    def echoes(self) -> bool:
        """It is for any WebSocket server that sends back what it gets, and not for a Cloud Server."""
        return all(isinstance(one, Echo) for one in self.mix)

    @property
    def there(self) -> str:
        """What a client is that can be asked for something, in a word for people."""
        return "open" if self.echoes else "registered"

    @property
    def counts(self) -> tuple[int, ...]:
        """Clients of each behaviour of the mix."""
        return shares(self.mix, self.clients)

    @property
    def ramping(self) -> int:
        """Clients with a place in the ramp: all but the duplicates."""
        late = [n for n, one in zip(self.counts, self.mix, strict=True) if isinstance(one, Duplicate)]
        return self.clients - sum(late)

    @property
    def duration(self) -> float:
        """Seconds of all stages."""
        return sum(stage.duration for stage in self.stages)

    @property
    def longest(self) -> float:
        """Seconds that a run of it can take at most, if all goes as it may."""
        limits = self.limits
        waits = limits.registered_within + limits.answered_within + limits.closed_within
        return self.begin + self.duration + waits

    @property
    def begin(self) -> float:
        """Seconds from the start to the begin of the first stage."""
        return self.ramp.seconds(self.ramping) + self.settle
