"""One tool, one turn: against servers of its own, in a network of its own, and looked at from outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from benchmarks.load import network
from benchmarks.load.counters import Counters
from benchmarks.load.family import Family, last_words, running
from benchmarks.load.job import Job
from benchmarks.load.server import Servers, servers
from benchmarks.load.tools import Tool
from benchmarks.load.trace import Figures, Sample, figures

PATIENCE = 60.0
"""Seconds for all to be connected; as many for a tool of ours to end by itself."""
HOLD = 0.7
"""Seconds between the last handshake and the first message."""
WINDOW = 4.0
"""Seconds in which echoes and their CPU are counted."""
_LOOK, _LOOK_WIDELY = 0.005, 0.1
"""Seconds between two looks: at clocks and counters, and for new processes and at memory."""
_COARSE = 0.5
"""Seconds: the machine's own times come in ticks, of which a shorter turn has too few."""


@dataclass(frozen=True)
class Turn:
    """What came of it."""

    figures: Figures
    told: dict[str, Any] = field(default_factory=dict)
    """By the tool itself, as JSON on its stdout, when it ended."""
    why: str | None = None
    """Figures are missing."""
    shared: str | None = None
    """Why it had no network of its own."""
    neighbours: float | None = None
    """Cores that the rest of this machine, or its host, used meanwhile; None: too short to tell."""


class _Watch:
    """Looks until something is so."""

    def __init__(self, family: Family, some: Servers, before: Sample) -> None:
        self._family, self._servers = family, some
        self.samples = [before]
        self.counted = Counters()
        self._rss: int | None = None
        self._widely = 0.0

    def until(self, seconds: float, so: Callable[[], bool] = lambda: False) -> bool:
        """At most so long; whether it came to be so. Ends early when the tool has ended."""
        deadline = time.monotonic() + seconds
        while True:
            self._look()
            if so():
                return True
            if time.monotonic() >= deadline or self._family.ended:
                return False
            time.sleep(_LOOK)

    def _look(self) -> None:
        if time.monotonic() >= self._widely:
            self._family.look()
            self._rss = self._family.rss()
            self._widely = time.monotonic() + _LOOK_WIDELY
        self.counted = self._servers.counters()
        cpu, server = self._family.cpu(), self._servers.cpu()
        self.samples.append(Sample(time.monotonic_ns(), cpu, self._rss, self.counted.messages, server))


def take(tool: Tool, job: Job) -> Turn:
    """Run it; all of it has ended when this returns."""
    shared = network.fresh()
    began, busy, own = time.monotonic(), _busy(), time.process_time()
    with TemporaryDirectory() as name:
        here = Path(name)
        with servers(job.processes, here) as some:
            before = Sample(time.monotonic_ns(), 0.0, None, 0, some.cpu())  # nothing is started yet
            with running(_commands(tool, job, some, here), here) as family:
                watch = _Watch(family, some, before)
                why, window = _drive(watch, some, tool, job)
                found = figures(watch.samples, watch.counted, job.total, window)
                if why is None and tool.tells:
                    watch.until(PATIENCE)
                used, seconds = watch.samples[-1].cpu, time.monotonic() - began
                rest = _busy() - busy - (time.process_time() - own) - some.cpu()
        alone = tool.tells and why is None and job.processes == 1
        told, complaint = tool.told(here) if alone else ({}, None)
        neighbours = None if used is None or seconds < _COARSE else (rest - used) / seconds
        turn = Turn(found, told, why or complaint or _missing(found, window), shared, neighbours)
        return turn if turn.why is None else replace(turn, why=f"{turn.why} ({last_words(here)})")


def _busy() -> float:
    """Seconds of CPU that were used by whoever, or taken away by the host.

    With interrupts: loopback delivers in them, and a process's own clock counts those that came while it ran.
    """
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq + times.steal)


def _commands(tool: Tool, job: Job, some: Servers, here: Path) -> list[list[str]]:
    return [tool.command(here, port, job) for port in some.ports]


def _drive(watch: _Watch, some: Servers, tool: Tool, job: Job) -> tuple[str | None, tuple[int, int] | None]:
    """To the end of the window, if echoes are asked for; what went wrong, and the window."""
    if not watch.until(PATIENCE, lambda: watch.counted.handshakes >= job.total):
        ended = "" if watch.samples and watch.counted.open else "; it had ended"
        return f"{watch.counted.handshakes:,} of {job.total:,} connected{ended}", None
    watch.until(HOLD)
    if not job.echoes:
        return None, None
    if tool.answers:
        some.kick()
    if not watch.until(PATIENCE, lambda: bool(watch.counted.first_message)):
        return "no message came", None
    begin = max(watch.counted.first_message, watch.counted.last_handshake) + int(tool.warm * 1e9)
    end = begin + int(WINDOW * 1e9)
    if not watch.until(PATIENCE, lambda: time.monotonic_ns() > end):
        return "it ended before the window was over", None
    if watch.counted.open < job.total:
        return f"only {watch.counted.open:,} of {job.total:,} connections were left in the window", None
    return None, (begin, end)


def _missing(found: Figures, window: tuple[int, int] | None) -> str | None:
    if found.connect_s is None:
        return "messages came before all were connected: what the connects cost cannot be told"
    if found.connect_cpu is None or found.held_rss is None:
        return "its CPU or memory was not seen in time"
    if window and found.echo_cpu is None:
        return "hardly a message came in the window"
    return None
