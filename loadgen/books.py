"""What the connections of a run write into. Pure."""

from __future__ import annotations

from collections.abc import Callable

from loadgen.ledger import Ledger
from loadgen.tally import PHASES


class Books:
    """What all connections of a run share: their accounts, and the ids of their packets."""

    def __init__(self, ledger: Ledger, new_id: Callable[[], str]) -> None:
        self.error = ledger.error
        self.accounts = ledger.accounts
        self.phases = tuple(ledger.accounts[name] for name in PHASES)
        self.new_id = new_id
