"""What the schedule is made of. Pure."""

from __future__ import annotations

import msgspec

from loadgen.scenario.acts import Act

Event = tuple[float, int, Act, int | None, int | None]
"""What falls due, to be taken apart as ``due, client, act, size, peer = event``:

- `due`: seconds from the start;
- `client`: fixed in advance; one that is not there then has not sent;
- `act`: what it does;
- `size`: of its message, where the plan says one;
- `peer`: the other client, where there is one.

A plain tuple: one with named fields takes four times as long to make. Events compare by time, then by client,
so their order is the same in all shards.
"""


class Shard(msgspec.Struct, frozen=True):
    """One worker's part: client i belongs to shard ``i mod of``."""

    index: int = 0
    of: int = 1

    def clients(self, count: int) -> range:
        """Its own among the clients 0 … `count` - 1."""
        return range(self.index, count, self.of)
