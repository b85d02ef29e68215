"""What a tool has to do. Data only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """What a tool has to do."""

    connections: int
    """Of each process."""
    echoes: bool = True
    """And not only hold them."""
    processes: int = 1
    """Of the client, each with a server of its own."""
    addresses: int = 0
    """127.0.0.x, for a client that is told; 0: one."""
    paced: bool = False
    """The messages of C's client, too, fall due `tools.RATE` a second: otherwise it goes round and round."""

    @property
    def total(self) -> int:
        """Connections of all."""
        return self.connections * self.processes
