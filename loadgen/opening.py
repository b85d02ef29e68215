"""A connect while it is one: its phases follow each other, and each is in its account."""

from __future__ import annotations

from time import monotonic

from loadgen.ledger import Account


class Opening:
    """The moments of one connect."""

    __slots__ = ("_account", "_began", "_due", "_phases", "_since", "phase")

    def __init__(self, phases: tuple[Account, ...], account: Account, due: float, began: float) -> None:
        self._due = due
        self._began = began
        self._account = account
        self._phases = phases
        self.phase = -1
        """Which of the phases it is in, counted from 0."""
        self._since = began
        self._begin(began)

    def next(self) -> None:
        """A phase is over, and the next one, if there is one, begins."""
        now = monotonic()
        self._phases[self.phase].answered(self._since, self._since, now)
        self._begin(now)

    def over(self) -> None:
        """So is the last one, and with it the connect."""
        now = monotonic()
        self._phases[self.phase].answered(self._since, self._since, now)
        self._account.answered(self._due, self._began, now)

    def lost(self) -> None:
        """There will be no more of them."""
        self._phases[self.phase].lost()
        self._account.lost()

    def _begin(self, now: float) -> None:
        self.phase += 1
        self._since = now
        self._phases[self.phase].scheduled()
        self._phases[self.phase].sent(now, now)
