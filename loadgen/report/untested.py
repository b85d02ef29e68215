"""What a run says nothing about, however well it went: told, so that nobody takes it for more. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from loadgen.capacity.result import Capacity
from loadgen.drills.result import Drill
from loadgen.record import Record
from loadgen.scenario.target import is_here
from loadgen.tally import Operation, Tally

LONG = 1800.0
"""Seconds. What leaks slowly is not seen in less."""


class Untested(StrEnum):
    """Each in words in the catalogues."""

    SERVER = "server"
    """Nobody looked at the server itself."""
    NETWORK = "network"
    """Server and generator shared a machine: no network between them."""
    TLS = "tls"
    LONG = "long"
    """It was too short for what leaks slowly."""
    VPN = "vpn"
    DISCOVERY = "discovery"
    SERVICES = "services"
    """Nobody registered network services or actors."""
    RETURNS = "returns"
    """Nobody left and came back."""
    CAPACITY = "capacity"
    """More load than this was not tried."""
    FAILURES = "failures"
    """Nothing was broken on purpose."""


def untested(record: Record, capacity: Capacity | None, drills: Sequence[Drill]) -> tuple[Untested, ...]:
    """In the order of their importance."""
    tally, plan = record.tally(), record.run.plan
    cloud = not plan.echoes
    missing = {
        Untested.SERVER: not record.samples,
        Untested.CAPACITY: capacity is None,
        Untested.FAILURES: not drills,
        Untested.LONG: (record.seconds[-1].at if record.seconds else 0.0) < LONG,
        Untested.NETWORK: is_here(urlsplit(plan.url).hostname or ""),
        Untested.TLS: not plan.url.startswith("wss:"),
        Untested.VPN: cloud and _never(tally, Operation.VPN),
        Untested.DISCOVERY: cloud and _never(tally, Operation.DISCOVERY),
        Untested.SERVICES: cloud and _never(tally, Operation.SERVICE, Operation.ACTOR),
        Untested.RETURNS: cloud and _never(tally, Operation.RECONNECT),
    }
    return tuple(one for one, is_so in missing.items() if is_so)


def _never(tally: Tally, *operations: Operation) -> bool:
    return not any(tally.accounts[one].sent for one in operations)
