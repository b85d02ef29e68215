"""Which kind of clients a plan is for: Cloud Clients, or echoes for any WebSocket server."""

from __future__ import annotations

from typing import Protocol

from loadgen.company import Company
from loadgen.ledger import Ledger
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard
from loadgen.ws.reactor import Reactor


class Kind(Protocol):
    """How the clients of one kind are had."""

    async def gathered(self, plan: Plan, part: Shard, ledger: Ledger, reactor: Reactor) -> Company:
        """All that are this part's, none of whom has come yet. What becomes of them goes to `ledger`."""


def kind(plan: Plan) -> Kind:
    """Each is imported when it is wanted: nobody's start has to wait for the other one's protocol."""
    if plan.echoes:
        from loadgen.echo.crowd import EchoCrowd  # noqa: PLC0415 - see above

        return EchoCrowd
    from loadgen.crowd import Crowd  # noqa: PLC0415 - likewise

    return Crowd
