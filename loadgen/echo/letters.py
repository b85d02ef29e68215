"""The messages of echoes as frames, made beforehand: only the number is still missing. No I/O.

Where all are of one size, sending one costs no byte more to be copied. Of many sizes each is cut from the
longest when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from random import Random

from loadgen.scenario.behaviours import Echo
from loadgen.schedule.events import Event
from loadgen.ws.frames import Opcode, Pool, header

Letter = tuple[bytearray, int, int]
"""A frame, where in it the number stands, and what that has to be XORed with before it is `put` there."""
_MASK = 4
"""Bytes between a frame's header and its payload."""
_POOL = 2**22
"""Bytes for all frames together: more would not stay in the cache …"""
_MOST, _LEAST = 256, 16
"""… which are at most so many, and at least so many."""


class Letters:
    """Those of a plan's echoes; `seed` makes them the same again."""

    def __init__(self, mix: Sequence[Echo], seed: int) -> None:
        least = min(int(one.size.least) for one in mix)
        most = max(int(one.size.most) for one in mix)
        random = Random(f"echo {seed}")  # noqa: S311 - load, not secrets
        pool = Pool(random.randbytes(most), random, max(_LEAST, min(_MOST, _POOL // most)))
        self.size = most if least == most else None
        """Of each payload in bytes; None: each has its own."""
        self._letters: list[Letter] = [(frame, pool.at, mask) for frame, mask in pool.frames]

    def of(self, events: Iterable[Event]) -> Iterator[tuple[Event, Letter]]:
        """Each event with its letter, which is good until the next but some."""
        pairs = zip(events, cycle(self._letters), strict=False)
        return pairs if self.size is not None else ((event, _cut(event[3], whole)) for event, whole in pairs)


def _cut(size: int | None, whole: Letter) -> Letter:
    """A shorter one, under the same mask."""
    frame, at, mask = whole
    assert size is not None  # noqa: S101 - the schedule says it of every echo
    head = header(Opcode.BINARY, size)
    return bytearray(head + frame[at - _MASK : at + size]), len(head) + _MASK, mask
