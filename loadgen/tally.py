"""Outcomes to counts. Pure. Always: scheduled = unsent + sent, and sent = answered + lost + in flight."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from loadgen.histogram import Histogram


class Operation(StrEnum):
    """What a client does and waits for."""

    CONNECT = "connect"
    """From TCP connect to the answered registration."""
    LIST = "list"
    """A message: the list request for oneself."""
    PING = "ping"
    """A WebSocket ping, until its pong."""


class Account(msgspec.Struct):
    """What became of the arrivals of one operation."""

    scheduled: int = 0
    unsent: int = 0
    """Nobody could send it: no client registered, or no place among the pending connects in time."""
    sent: int = 0
    answered: int = 0
    lost: int = 0
    """Sent, and the connection ended (or, for a connect, failed) before the answer."""
    response: Histogram = msgspec.field(default_factory=Histogram)
    """From the moment it was due until the answer."""
    service: Histogram = msgspec.field(default_factory=Histogram)
    """From the moment it was really sent until the answer."""
    lag: Histogram = msgspec.field(default_factory=Histogram)
    """From the moment it was due until it was really sent."""

    @property
    def in_flight(self) -> int:
        """Sent, and neither answered nor lost yet."""
        return self.sent - self.answered - self.lost

    def add(self, other: Account) -> None:
        """Count all of `other` too."""
        for name in ("scheduled", "unsent", "sent", "answered", "lost"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("response", "service", "lag"):
            getattr(self, name).add(getattr(other, name))


class Tally(msgspec.Struct):
    """The counts of a second, or of a run: `total` adds them up, in any order."""

    accounts: dict[Operation, Account] = msgspec.field(
        default_factory=lambda: {operation: Account() for operation in Operation}
    )
    errors: dict[str, int] = {}
    """Kind of trouble → how often."""
    loop_lag: Histogram = msgspec.field(default_factory=Histogram)
    """How late this program's own event loop was, whatever the server did."""

    def scheduled(self, operation: Operation) -> None:
        """An arrival fell due."""
        self.accounts[operation].scheduled += 1

    def unsent(self, operation: Operation) -> None:
        """It found nobody to send it."""
        self.accounts[operation].unsent += 1

    def sent(self, operation: Operation, due: float, now: float) -> None:
        """It was sent at `now` (seconds, the clock of `due`)."""
        account = self.accounts[operation]
        account.sent += 1
        account.lag.record(now - due)

    def answered(self, operation: Operation, due: float, sent: float, now: float) -> None:
        """Its answer came at `now`."""
        account = self.accounts[operation]
        account.answered += 1
        account.response.record(now - due)
        account.service.record(now - sent)

    def lost(self, operation: Operation, count: int = 1) -> None:
        """The connection ended before `count` answers came."""
        self.accounts[operation].lost += count

    def error(self, kind: str, count: int = 1) -> None:
        """Something went wrong, `count` times."""
        if count:
            self.errors[kind] = self.errors.get(kind, 0) + count

    def add(self, other: Tally) -> None:
        """Count all of `other` too."""
        for operation, account in other.accounts.items():
            self.accounts[operation].add(account)
        for kind, count in other.errors.items():
            self.error(kind, count)
        self.loop_lag.add(other.loop_lag)


class Ledger:
    """The tally of this second, and of all before it."""

    def __init__(self) -> None:
        self.now = Tally()
        self._before = Tally()

    def turn(self) -> Tally:
        """The second is over: its tally."""
        over, self.now = self.now, Tally()
        self._before.add(over)
        return over

    def total(self) -> Tally:
        """The whole run up to now, once the last second has been turned."""
        return self._before
