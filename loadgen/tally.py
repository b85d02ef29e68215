"""The counts of a second, or of a run, as plain data: they add up in any order. Pure.

Always: scheduled = unsent + sent + waiting, and sent = answered + lost + in flight.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from loadgen.histogram import Histogram


class Operation(StrEnum):
    """What a client does and waits for, each with counts of its own; a new one needs only its line here."""

    CONNECT = "connect"
    """From TCP connect to the answered registration; of a plain WebSocket, to its upgrade."""
    TCP = "tcp"
    """The first part of it: until the TCP connection stands."""
    UPGRADE = "upgrade"
    """The second part: from the HTTP request to the whole answer 101."""
    FIRST = "first"
    """The third part: from the upgrade to the server's first message."""
    REGISTRATION = "registration"
    """The last part: from there to the answered registration."""
    LIST = "list"
    """A message: the list request for oneself."""
    SLOW_LIST = "slow list"
    """The same of a client that takes its answers slowly: how long it takes is its own doing."""
    PING = "ping"
    """A WebSocket ping, until its pong."""
    SLOW_PING = "slow ping"
    """Likewise, of a client that takes its answers slowly."""
    ECHO = "echo"
    """A message that comes back as it is."""
    DISCOVERY = "discovery"
    """The question for others, over HTTP."""
    VPN = "vpn"
    """From asking for a private line to another client until both are told of it."""
    RELAY = "relay"
    """A message to the other end of such a line."""
    SERVICE = "service"
    """The registration of a network service."""
    ACTOR = "actor"
    """The registration of an actor, photo and all."""
    RECONNECT = "reconnect"
    """Coming back after an end."""


PHASES = (Operation.TCP, Operation.UPGRADE, Operation.FIRST, Operation.REGISTRATION)
"""Parts of a connect: who counts clients does not count these again."""
ASKED = tuple(one for one in Operation if one not in (Operation.CONNECT, Operation.RECONNECT, *PHASES))
"""What registered clients ask of a server, and wait for."""
MESSAGES = (Operation.LIST, Operation.ECHO, Operation.RELAY)
"""What the plan's message rate is about."""

_COUNTS = (
    "scheduled", "unsent", "sent", "answered", "lost", "unanswered", "forgone", "late", "duplicate",
    "out_of_order",
)  # fmt: skip


class Counts(msgspec.Struct, omit_defaults=True):
    """What became of the arrivals of one operation."""

    scheduled: int = 0
    unsent: int = 0
    """Nobody could send it: no client registered, or no place among the pending connects in time."""
    sent: int = 0
    answered: int = 0
    lost: int = 0
    """Sent, and given up: the connection ended before the answer, a connect failed, or its time ran out."""
    unanswered: int = 0
    """Of the lost: their connection lasted, and their time ran out."""
    forgone: int = 0
    """Of the lost: the client ended its connection itself before the answer, as the plan wants."""
    late: int = 0
    """Answers that came after all, to what had been given up; it stays lost."""
    duplicate: int = 0
    """Answers to what had been answered already."""
    out_of_order: int = 0
    """Of the answered: one that the same client had sent later was answered before."""
    response: Histogram = msgspec.field(default_factory=Histogram)
    """From the moment it was due until the answer."""
    service: Histogram = msgspec.field(default_factory=Histogram)
    """From the moment it was really sent until the answer."""
    lag: Histogram = msgspec.field(default_factory=Histogram)
    """From the moment it was due until it was really sent."""

    @property
    def in_flight(self) -> int:
        """Sent, and neither answered nor lost yet. Of a single second it may be less than nothing."""
        return self.sent - self.answered - self.lost

    @property
    def waiting(self) -> int:
        """Due, and neither sent nor given up yet. Of a single second it may be less than nothing."""
        return self.scheduled - self.unsent - self.sent

    @property
    def histograms(self) -> tuple[Histogram, Histogram, Histogram]:
        """All of them."""
        return self.response, self.service, self.lag

    def count(self, other: Counts) -> None:
        """Count all of `other` too but its histograms."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def add(self, other: Counts) -> None:
        """Count all of `other` too."""
        self.count(other)
        for mine, more in zip(self.histograms, other.histograms, strict=True):
            mine.add(more)


def _none_yet() -> dict[Operation, Counts]:
    return {operation: Counts() for operation in Operation}


class Tally(msgspec.Struct):
    """All that was counted: of the clients, and of this program itself."""

    accounts: dict[Operation, Counts] = msgspec.field(default_factory=_none_yet)
    errors: dict[str, int] = {}
    """Kind of trouble → how often."""
    loop_lag: Histogram = msgspec.field(default_factory=Histogram)
    """How late this program's own event loop was, whatever the server did."""
    collections: Histogram = msgspec.field(default_factory=Histogram)
    """How long each garbage collection stopped this program."""
    cpu: float = 0.0
    """Seconds of processor time of this program; of several workers, together."""
    busiest: float | None = None
    """The greatest share of a core that one worker took over five seconds; None when none ran so long."""

    def error(self, kind: str, count: int = 1) -> None:
        """Something went wrong, `count` times."""
        if count:
            self.errors[kind] = self.errors.get(kind, 0) + count

    @property
    def histograms(self) -> list[Histogram]:
        """All of them, always in the same order."""
        parts = [one for operation in Operation for one in self.accounts[operation].histograms]
        return [*parts, self.loop_lag, self.collections]

    def count(self, other: Tally) -> None:
        """Count all of `other` too but its histograms."""
        for kind, count in other.errors.items():
            self.error(kind, count)
        self.cpu += other.cpu
        shares = [share for share in (self.busiest, other.busiest) if share is not None]
        self.busiest = max(shares, default=None)
        for operation, counts in other.accounts.items():
            self.accounts[operation].count(counts)

    def add(self, other: Tally) -> None:
        """Count all of `other` too."""
        self.count(other)
        for mine, more in zip(self.histograms, other.histograms, strict=True):
            mine.add(more)


def together(tally: Tally, operations: tuple[Operation, ...]) -> Counts:
    """The counts of several operations as those of one."""
    whole = Counts()
    for operation in operations:
        whole.add(tally.accounts[operation])
    return whole
