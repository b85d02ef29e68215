"""The run while it runs: a few lines, rewritten on a terminal; a plain line now and then elsewhere."""

from __future__ import annotations

from collections import Counter
from shutil import get_terminal_size
from typing import TextIO

import msgspec

from fermatkit.units import format_duration
from loadgen.results import Second
from loadgen.say import say
from loadgen.scenario.plan import Plan
from loadgen.summary import percentiles
from loadgen.tally import MESSAGES, Counts, Tally, together
from loadgen.verdict import doubts

_EVERY = 5
"""Seconds between plain lines."""
_KINDS = 3
"""Of errors that are named; of the others only the number is told."""
_HOLDING = "holding"


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to be seen of the last second, and of the run so far."""

    second: Second
    length: float
    """Seconds since the one before."""
    errors: dict[str, int]
    """Of the whole run, by kind."""
    doubts: tuple[str, ...]
    """Why the run would be INVALID if it ended now."""
    left: float | None
    """Seconds until its end is due; None when that has passed."""


class Live:
    """Writes to `stream` what it is shown."""

    def __init__(self, plan: Plan, asked: int, stream: TextIO) -> None:
        """`asked`: how many of the plan's clients are this run's."""
        self._plan = plan
        self._asked = asked
        self._stream = stream
        self._rewrites = stream.isatty()
        self._seconds = 0
        self._at = 0.0
        self._holding_since: float | None = None
        self._own = Tally()  # only what tells of the generator: adding up all would cost it milliseconds
        self._lines = 0

    def show(self, second: Second) -> None:
        """One more second."""
        picture = self._picture(second)
        self._seconds += 1
        if self._rewrites:
            self._write(self._up() + "\n".join(self._fitting(picture)))
        elif self._seconds % _EVERY == 1:
            self._write("; ".join(lines(self._asked, picture, self._plan.there)) + "\n")

    def end(self) -> None:
        """Leave a clean terminal."""
        if self._rewrites:
            self._write(self._up())

    def _picture(self, second: Second) -> Picture:
        own, tally = self._own, second.tally
        own.loop_lag.add(tally.loop_lag)
        own.add(Tally(errors=tally.errors, collections=tally.collections, busiest=tally.busiest))
        for operation in MESSAGES:
            own.accounts[operation].lag.add(tally.accounts[operation].lag)
        if self._holding_since is None and second.phase == _HOLDING:
            self._holding_since = self._at
        length, self._at = second.at - self._at, second.at
        found = tuple(doubts(own, second.at))
        left = remaining(self._plan, second.at, self._holding_since)
        return Picture(second=second, length=length, errors=own.errors, doubts=found, left=left)

    def _fitting(self, picture: Picture) -> list[str]:
        columns, rows = get_terminal_size()
        fitting = [line[: columns - 1] for line in lines(self._asked, picture, self._plan.there)][
            : max(rows - 1, 1)
        ]
        self._lines = len(fitting)
        return fitting

    def _up(self) -> str:
        """To the beginning of what was written last, and clear from there."""
        return f"\r\x1b[{self._lines - 1}A\x1b[J" if self._lines > 1 else "\r\x1b[J"

    def _write(self, text: str) -> None:
        say(self._stream, text)


def lines(asked: int, picture: Picture, there: str) -> list[str]:
    """What one second looks like: the run, the messages, what goes wrong, the generator itself.

    `there`: as in `Plan.there`.
    """
    second = picture.second
    left = "" if picture.left is None else f", {format_duration(max(picture.left, 1.0))} to go"
    where = f"{second.at:.0f} s {second.phase}{left}"
    return [
        f"{where}; {second.registered:,} of {asked:,} {there}",
        _messages(together(second.tally, MESSAGES), picture.length),
        _errors(picture.errors),
        _own(picture),
    ]


def _messages(counts: Counts, length: float) -> str:
    rates = f"{_rate(counts.sent, length)} sent, {_rate(counts.answered, length)} answered"
    response = percentiles(counts.response)
    if response.p50 is None or response.p99 is None:
        return rates
    return f"{rates}, p50 {response.p50:.1f} p99 {response.p99:.1f} ms"


def _rate(count: int, length: float) -> str:
    return f"{count / length:,.0f}/s" if length > 0 else f"{count:,}"


def _errors(errors: dict[str, int]) -> str:
    if not errors:
        return "no errors"
    ordered = Counter(errors).most_common()
    others = sum(count for _, count in ordered[_KINDS:])
    named = [f"{count:,} {kind}" for kind, count in ordered[:_KINDS]]
    return "errors: " + ", ".join([*named, *([f"{others:,} others"] if others else [])])


def _own(picture: Picture) -> str:
    if picture.doubts:
        return f"INVALID: {'; '.join(picture.doubts)}"
    lag = percentiles(picture.second.tally.loop_lag).p99
    late = "unknown" if lag is None else f"p99 {lag:.1f} ms"
    share = picture.second.tally.cpu / picture.length if picture.length > 0 else None
    return f"own lag {late}" if share is None else f"own lag {late}, {share:.0%} of a core"


def remaining(plan: Plan, at: float, holding_since: float | None) -> float | None:
    """Seconds from `at` until the holding is over; None when it is. The ramp may take longer than it asks."""
    begin = max(at, plan.begin) if holding_since is None else holding_since
    left = begin + plan.duration - at
    return left if left > 0 else None
