"""The run while it runs: one line, rewritten on a terminal, a plain one now and then elsewhere."""

from __future__ import annotations

from shutil import get_terminal_size
from typing import TextIO

from loadgen.plan import Plan
from loadgen.results import Second
from loadgen.say import say
from loadgen.summary import percentiles
from loadgen.tally import Operation

_EVERY = 5
"""Seconds between plain lines."""
_CLEAR = "\r\x1b[2K"


class Live:
    """Writes to `stream`; the figures are those of the last second, errors those of the whole run."""

    def __init__(self, plan: Plan, stream: TextIO) -> None:
        self._plan = plan
        self._stream = stream
        self._rewrites = stream.isatty()
        self._seconds = 0
        self._errors = 0

    def show(self, second: Second) -> None:
        """One more second."""
        self._errors += sum(second.tally.errors.values())
        self._seconds += 1
        text = line(self._plan, second, self._errors)
        if self._rewrites:
            self._write(f"{_CLEAR}{text[: get_terminal_size().columns - 1]}")
        elif self._seconds % _EVERY == 1:
            self._write(f"{text}\n")

    def end(self) -> None:
        """Leave a clean terminal."""
        if self._rewrites:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        say(self._stream, text)


def line(plan: Plan, second: Second, errors: int) -> str:
    """What one second looks like."""
    messages = second.tally.accounts[Operation.LIST]
    latency, lag = percentiles(messages.response), percentiles(second.tally.loop_lag)
    parts = [f"{second.at:.0f} s {second.phase}", f"{second.registered:,} of {plan.connections:,} registered"]
    if latency.p99 is not None:
        parts.append(f"{messages.answered:,} answers, p50 {latency.p50:.1f} p99 {latency.p99:.1f} ms")
    parts.append(f"{errors:,} errors")
    if lag.p99 is not None:
        parts.append(f"own lag {lag.p99:.1f} ms")
    return "; ".join(parts)
