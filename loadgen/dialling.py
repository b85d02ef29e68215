"""How a plan's clients get to its server."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from loadgen.scenario.plan import Plan
from loadgen.scenario.target import endpoint
from loadgen.ws.dial import Dialer, loopback_sources, target
from loadgen.ws.reactor import Reactor
from loadgen.ws.socket import WebSocket


def sources(plan: Plan) -> tuple[str, ...]:
    """Addresses to connect from, none: the system's choice; all shards of a plan share the ports of each."""
    return plan.sources or loopback_sources(target(plan.url).host, plan.clients)


async def dialer(
    plan: Plan,
    reactor: Reactor,
    *,
    headers: Sequence[tuple[str, str]] = (),
    protocol: str | None = None,
    kind: type[WebSocket] = WebSocket,
) -> Dialer:
    """To the plan's server, which has been looked up; the rest: see `Dialer`."""
    where = target(endpoint(plan.url, any_path=plan.echoes))
    tls = ssl.create_default_context(cafile=plan.ca) if where.secure else None
    made = Dialer(
        reactor, where, headers=headers, protocol=protocol, sources=sources(plan), tls=tls, kind=kind
    )
    await made.find()
    return made
