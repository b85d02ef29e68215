"""Ids of packets that look like random UUIDs, at a tenth of their price; one seed, the same ids. Pure."""

from __future__ import annotations

from itertools import count
from uuid import UUID

from loadgen.schedule.chance import hashed, key


class Ids:
    """Those of one shard of a plan: no two are the same, nor one of another shard's."""

    def __init__(self, seed: int, shard: int) -> None:
        base = key(seed, "packets", shard)
        first = UUID(int=hashed(base, 0) << 64 | hashed(base, 1), version=4)
        self._format = (str(first)[:24] + "%012x").__mod__
        self._next = count().__next__

    def new(self) -> str:
        """One more."""
        return self._format(self._next())
