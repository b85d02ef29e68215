"""The outcomes of several workers made into one, also of those that never could tell theirs. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen import outcome, trouble
from loadgen.outcome import Clients, Outcome
from loadgen.tally import Operation, Tally


def untouched(asked: int) -> Outcome:
    """Of a worker that was stopped before it began."""
    return Outcome(
        clients=_clients(asked, registered=0, failed=0),
        tally=Tally(),
        seconds=0.0,
        cpu_seconds=None,
        rss=None,
        interrupted=True,
    )


def lost(asked: int, seen: Tally, held: tuple[int, int], seconds: float, why: str) -> Outcome:
    """Of a worker that is no more: what it had told by its last second, and all else lost with it.

    `seen` is the sum of its seconds, `held` how many clients were
    registered, and how many had departed as planned, at the last of them. What was on
    its way may have been answered since, and nobody knows: it counts as lost, and so do the clients. What
    would have fallen due after that second is counted nowhere. Connects on their way are unfinished clients.
    """
    tally = Tally()
    tally.add(seen)
    for operation, account in tally.accounts.items():
        if operation is not Operation.CONNECT and account.in_flight:
            tally.error(trouble.LOST[operation], account.in_flight)
            account.lost += account.in_flight
    registered, departed = held
    tally.error(trouble.WORKER_LOST, registered)
    connects = tally.accounts[Operation.CONNECT]
    return Outcome(
        clients=_clients(
            asked, registered=connects.answered, failed=connects.lost + connects.unsent, departed=departed
        ),
        tally=tally,
        seconds=seconds,
        cpu_seconds=None,
        rss=None,
        losses=(why,),
    )


def _clients(asked: int, *, registered: int, failed: int, departed: int = 0) -> Clients:
    """None of them is there any more."""
    lost = registered - departed
    return Clients.of(
        asked, was_open=0, registered=registered, lost=lost, failed=failed, left=0, departed=departed
    )


def together(parts: Sequence[Outcome]) -> Outcome:
    """One outcome of all, at least one."""
    return outcome.together(parts, (loss for part in parts for loss in part.losses))
