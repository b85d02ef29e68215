"""A turn as it was seen from outside, sample after sample, and the figures that follow from it. Pure.

What is cheap is looked at every 5 ms; between two looks everything is taken to grow evenly. Seconds of
connecting are the server's own word: from the first accept to the last handshake. The CPU of connecting goes
on for a quarter of a second more (never into the first message): the client has to read that handshake, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from benchmarks.load.counters import Counters

SETTLED = 250_000_000
"""Nanoseconds."""
ECHOES = 100_000
"""A cost is told for so many."""
_LEAST = 1_000
"""Of fewer messages in the window no cost is told."""


class Sample(NamedTuple):
    """One look."""

    at: int
    """The machine's monotonic clock, in nanoseconds."""
    cpu: float
    """Seconds that the client has used up to now, with all its processes."""
    rss: int
    """Bytes, of all its processes: what they share is counted for each."""
    messages: int
    """That the server has echoed."""
    server_cpu: float
    """Seconds."""


@dataclass(frozen=True)
class Figures:
    """Of one turn; None is unknown, or not asked."""

    start_cpu: float | None = None
    """Seconds of CPU before the first connect."""
    connect_cpu: float | None = None
    """Seconds of CPU for all connects."""
    connect_s: float | None = None
    held_rss: float | None = None
    """MiB a quarter of a second after the last handshake, also when messages go already."""
    echo_cpu: float | None = None
    """Seconds of CPU for 100,000 echoes."""
    echo_rate: float | None = None
    """A second."""
    server_share: float | None = None
    """Of a core, that the server used meanwhile: near 1, it was the limit."""


def figures(
    samples: Sequence[Sample], last: Counters, wanted: int, window: tuple[int, int] | None
) -> Figures:
    """Of a turn in which `wanted` connections were to be held and, in the window, echoes counted."""
    if not samples or last.handshakes < wanted:
        return Figures()
    first, done = last.first_accept, last.last_handshake
    if last.first_message and last.first_message < done:
        return Figures(start_cpu=_cpu(samples, first))  # it echoed while it connected: which is which?
    settled = min(done + SETTLED, last.first_message or done + SETTLED)
    connects = Figures(
        start_cpu=_cpu(samples, first),
        connect_cpu=_cpu(samples, settled) - _cpu(samples, first),
        connect_s=(done - first) / 1e9,
        held_rss=_at(samples, done + SETTLED, lambda one: one.rss) / 2**20,
    )
    return connects if window is None else _with_echoes(connects, samples, *window)


def _with_echoes(known: Figures, samples: Sequence[Sample], begin: int, end: int) -> Figures:
    messages = _at(samples, end, lambda one: one.messages) - _at(samples, begin, lambda one: one.messages)
    if samples[-1].at < end or messages < _LEAST:
        return known
    seconds = (end - begin) / 1e9
    server = _at(samples, end, lambda one: one.server_cpu) - _at(samples, begin, lambda one: one.server_cpu)
    return replace(
        known,
        echo_cpu=(_cpu(samples, end) - _cpu(samples, begin)) / messages * ECHOES,
        echo_rate=messages / seconds,
        server_share=server / seconds,
    )


def _cpu(samples: Sequence[Sample], at: int) -> float:
    return _at(samples, at, lambda one: one.cpu)


def _at(samples: Sequence[Sample], at: int, what: Callable[[Sample], float]) -> float:
    """What it was then, between the looks before and after; outside of them, the nearest."""
    before = samples[0]
    if at <= before.at:
        return what(before)
    for one in samples:
        if one.at >= at:
            share = (at - before.at) / (one.at - before.at)
            return what(before) + share * (what(one) - what(before))
        before = one
    return what(before)
