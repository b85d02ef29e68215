"""It logs 2 MB a second to the file and to stdout, as the real one under load, up to 256 MB each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cloudserver.standin import lines
from cloudserver.standin.clients import Connection

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin

_RATE = 2_000_000
"""Bytes a second and sink."""
_MOST = 256_000_000
"""Bytes a sink in all: a forgotten one must not fill a disk for ever."""
_BEAT = 0.1
"""Seconds from one helping to the next."""


def take_up(standin: Standin) -> None:
    """Eat in helpings, as many as the rate wants."""
    helping = lines.connected(Connection("0" * 130, "1" * 130, 0.0))
    helping *= int(_RATE * _BEAT / sum(len(line) for line in helping))
    eaten = 0.0
    loop = asyncio.get_running_loop()

    def eat() -> None:
        nonlocal eaten
        standin.log.write(helping)
        eaten += _RATE * _BEAT
        if eaten < _MOST:
            loop.call_later(_BEAT, eat)

    loop.call_soon(eat)
