"""What the C server has counted so far: the page that it shares (`c/server.c` has the same order). Pure."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

_PAGE = Struct("=9Q")
SIZE = _PAGE.size
"""Bytes of it."""


class Counters(NamedTuple):
    """Times are of the machine's monotonic clock, in nanoseconds; 0: it has not happened yet."""

    accepted: int = 0
    handshakes: int = 0
    open: int = 0
    """Connections now."""
    messages: int = 0
    """Echoed: text and binary frames, whole or not."""
    bad: int = 0
    """Connections cut for what they sent: no upgrade, no mask, more than 64 KiB."""
    no_descriptor: int = 0
    """Times that none was left for a connection."""
    first_accept: int = 0
    last_handshake: int = 0
    first_message: int = 0


def read(page: bytes) -> Counters:
    """The first bytes of the page as counters."""
    return Counters(*_PAGE.unpack_from(page))


def together(some: list[Counters]) -> Counters:
    """Several servers as if they were one; there is at least one."""
    accepts = [one.first_accept for one in some if one.first_accept]
    messages = [one.first_message for one in some if one.first_message]
    summed = Counters(*(sum(values) for values in zip(*some, strict=True)))
    return summed._replace(
        first_accept=min(accepts, default=0),
        last_handshake=max(one.last_handshake for one in some),
        first_message=min(messages, default=0),
    )
