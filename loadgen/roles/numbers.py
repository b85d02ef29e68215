"""What becomes of numbered messages that travel one way: answered, late, twice, out of order. Pure."""

from __future__ import annotations

from loadgen.ledger import Account


class Numbers:
    """The messages of one sender to one receiver, from the first on."""

    __slots__ = ("_given_up", "_last", "_newest", "_waiting")

    def __init__(self) -> None:
        self._last = self._newest = 0
        self._waiting: dict[int, tuple[float, float]] = {}  # number → due, sent; in order
        self._given_up: set[int] | None = None

    def send(self, due: float, now: float, account: Account) -> int:
        """One is sent now: its number, from 1."""
        self._last += 1
        self._waiting[self._last] = due, now
        account.sent(due, now)
        return self._last

    def receive(self, number: int, now: float, account: Account) -> bool:
        """One has come; False if none of that number was ever sent."""
        if not 0 < number <= self._last:
            return False
        times = self._waiting.pop(number, None)
        if times is not None:
            account.answered(*times, now)
            account.out_of_order += number < self._newest
            self._newest = max(self._newest, number)
        elif self._given_up is not None and number in self._given_up:
            self._given_up.remove(number)
            account.late += 1
        else:
            account.duplicate += 1
        return True

    def give_up(self, account: Account) -> int:
        """All that are on their way are lost; how many. One of them may still come: late."""
        count = len(self._waiting)
        if count:
            self._given_up = (self._given_up or set()) | self._waiting.keys()
            self._waiting.clear()
            account.lost(count)
        return count
