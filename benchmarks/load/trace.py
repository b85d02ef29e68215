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
    cpu: float | None
    """Seconds that the client has used up to now, with all its processes; None: none of them was seen yet."""
    rss: int | None
    """Bytes, of all its processes: what they share is counted for each; None as above, and when all ended."""
    messages: int
    """That the server has echoed."""
    server_cpu: float
    """Seconds."""


_What = Callable[[Sample], float | None]


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
        return Figures(start_cpu=_at(samples, first, _cpu))  # it echoed while it connected: which is which?
    settled = min(done + SETTLED, last.first_message or done + SETTLED)
    rss = _at(samples, done + SETTLED, lambda one: one.rss)
    connects = Figures(
        start_cpu=_at(samples, first, _cpu),
        connect_cpu=_between(samples, first, settled, _cpu),
        connect_s=(done - first) / 1e9,
        held_rss=None if rss is None else rss / 2**20,
    )
    return connects if window is None else _with_echoes(connects, samples, *window)


def _with_echoes(known: Figures, samples: Sequence[Sample], begin: int, end: int) -> Figures:
    messages = _between(samples, begin, end, lambda one: one.messages)
    if samples[-1].at < end or messages is None or messages < _LEAST:
        return known
    seconds = (end - begin) / 1e9
    client = _between(samples, begin, end, _cpu)
    server = _between(samples, begin, end, lambda one: one.server_cpu)
    return replace(
        known,
        echo_cpu=None if client is None else client / messages * ECHOES,
        echo_rate=messages / seconds,
        server_share=None if server is None else server / seconds,
    )


def _cpu(one: Sample) -> float | None:
    return one.cpu


def _between(samples: Sequence[Sample], begin: int, end: int, what: _What) -> float | None:
    """By how much it grew; None: it is not known of both."""
    before, after = _at(samples, begin, what), _at(samples, end, what)
    return None if before is None or after is None else after - before


def _at(samples: Sequence[Sample], at: int, what: _What) -> float | None:
    """What it was then, between the looks before and after; behind the last, as it was at that.

    None: before the first, or not known of both.
    """
    if at < samples[0].at:
        return None
    before = samples[0]
    for one in samples:
        if one.at >= at:
            low, high = what(before), what(one)
            share = (at - before.at) / ((one.at - before.at) or 1)
            return None if low is None or high is None else low + share * (high - low)
        before = one
    return what(before)
