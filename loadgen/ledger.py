"""Where the clients of a run note what happens, so cheaply that it changes nothing. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from loadgen.recorder import Recorder
from loadgen.tally import Counts, Operation, Tally
from loadgen.whole import Whole


class Account:
    """One operation's book of the whole run: the same object throughout, so keep it and call it.

    Times are seconds of one clock. What is counted by samples (sent, answered) is counted nowhere else.
    """

    __slots__ = (
        "_before", "_lost", "_scheduled", "_unsent",
        "duplicate", "forgone", "lag", "late", "out_of_order", "response", "service", "unanswered",
    )  # fmt: skip

    def __init__(self) -> None:
        self._before = 0  # in flight when this second began
        self.lag, self.response, self.service = Recorder(), Recorder(), Recorder()
        """What `sent` and `answered` record in, for whom a call of those is too dear: one lag is one message
        sent, one response together with one service one answer."""
        self._scheduled = self._unsent = self._lost = 0
        self.late = self.duplicate = self.out_of_order = self.unanswered = self.forgone = 0
        """Of this second, to be counted up by who finds one; their meaning is that in `Counts`."""

    def scheduled(self, count: int = 1) -> None:
        """So many arrivals fell due."""
        self._scheduled += count

    def unsent(self) -> None:
        """It found nobody to send it."""
        self._unsent += 1

    def sent(self, due: float, now: float) -> None:
        """It was sent at `now`."""
        self.lag.record(now - due)

    def answered(self, due: float, sent: float, now: float) -> None:
        """Its answer came at `now`."""
        self.response.record(now - due)
        self.service.record(now - sent)

    def lost(self, count: int = 1) -> None:
        """`count` were sent and will not be answered."""
        self._lost += count

    @property
    def in_flight(self) -> int:
        """In the whole run: sent, and neither answered nor lost yet."""
        return self._before + len(self.lag) - len(self.response) - self._lost

    def fold(self) -> bool:
        """Count a piece or a few of what was noted; whether there is more."""
        return self.lag.fold() or self.response.fold() or self.service.fold()

    def turn(self) -> Counts:
        """The second is over: its counts."""
        lag, response, service = self.lag.turn(), self.response.turn(), self.service.turn()
        over = Counts(
            self._scheduled, self._unsent, lag.total, response.total, self._lost,
            self.unanswered, self.forgone, self.late, self.duplicate, self.out_of_order,
            response, service, lag,
        )  # fmt: skip
        self._scheduled = self._unsent = self._lost = 0
        self.late = self.duplicate = self.out_of_order = self.unanswered = self.forgone = 0
        self._before += over.in_flight
        return over


class Ledger:
    """All accounts of a run: those of this second are `turn`ed, those of the run added up."""

    def __init__(self) -> None:
        self.accounts = {operation: Account() for operation in Operation}
        self._every = tuple(self.accounts.values())
        self.loop_lag = Recorder()
        self.collections = Recorder()
        self._errors: dict[str, int] = {}
        self._total = Whole()
        self._adding: deque[Iterator[None]] = deque()  # seconds on their way into it

    def error(self, kind: str, count: int = 1) -> None:
        """Something went wrong, `count` times."""
        if count:
            self._errors[kind] = self._errors.get(kind, 0) + count

    def fold(self) -> bool:
        """Count a little of what was noted; whether there is more. To be called often, others in between."""
        for account in self._every:  # a hundred times a second: a generator would cost more than it all
            if account.fold():
                return True
        if self._adding and next(self._adding[0], self) is self:
            self._adding.popleft()
        return bool(self._adding)

    def turn(self, cpu: float = 0.0, busiest: float | None = None) -> Tally:
        """The second is over: its tally, not to be changed. `cpu`, `busiest`: see `Tally`."""
        over = Tally(
            {operation: account.turn() for operation, account in self.accounts.items()},
            self._errors,
            self.loop_lag.turn(),
            self.collections.turn(),
            cpu,
            busiest,
        )
        self._errors = {}
        self._adding.append(self._total.adding(over))
        return over

    def total(self) -> Tally:
        """The whole run up to the last turn."""
        while self._adding:
            for _ in self._adding.popleft():
                pass
        return self._total.tally()
