"""What a client does in its own time, as soon as it is connected: drawn for each by itself. Pure."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from loadgen.scenario.behaviours import Actor, Cloud, Known, Pair
from loadgen.scenario.plan import Plan
from loadgen.schedule.cast import Cast
from loadgen.schedule.chance import hashed, key, share


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One client's."""

    behaviour: Known
    services: int = 0
    """Network services to register, when the registration is answered."""
    photos: tuple[int, ...] = ()
    """Actors to register then: bytes of the photo of each."""
    peers: tuple[int, ...] = ()
    """Clients with whom it has a VPN; who asks for it is in the schedule."""
    first_ping: float | None = None
    """Seconds from the registration; None: it never pings. The mean is half a period, as of the real client,
    but who came together must not ping together."""


def part(plan: Plan, cast: Cast, client: int) -> Part:
    """What the plan says of this client beside the schedule."""
    one = cast.behaviour(client)
    if not isinstance(one, Cloud):
        return Part(behaviour=one)
    base = key(plan.seed, "part", client)
    photos: tuple[int, ...] = ()
    if isinstance(one, Actor):
        actors = one.actors.whole(share(base, 1))
        photos = tuple(one.photo.whole(share(base, 3 + i)) for i in range(actors))
    return Part(
        behaviour=one,
        services=one.services.whole(share(base, 0)),
        photos=photos,
        peers=cast.peers(client) if isinstance(one, Pair) else (),
        first_ping=share(base, 2) * plan.limits.ping_period / one.pings if one.pings else None,
    )


def identity(plan: Plan, client: int) -> int:
    """A number below 2**64 to make the client's keys of: the same in every shard that knows its peer."""
    return hashed(_identities(plan.seed, plan.identities), client)


@lru_cache
def _identities(seed: int, identities: int) -> int:
    return key(seed, "identity", identities)
