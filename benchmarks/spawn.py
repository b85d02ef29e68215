"""Death → new process: the sidecar's way beside a bare asyncio loop's, in one run, interleaved.

The clock runs from the moment the selector says that the pidfd is readable (so the kernel's teardown is in
neither figure) to the moment posix_spawn has returned. Both stand in the same working directory.
"""

from __future__ import annotations

import asyncio
import logging
import os
import selectors
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import structlog

from sidecar.core.actions import Action, Start
from sidecar.core.engine import State
from sidecar.core.observations import Exited, Observation, Restored
from sidecar.core.policy import Policy
from sidecar.loop import Loop
from sidecar.servers.command import CommandServer, CommandSettings

BATCHES, ROUNDS = 8, 50
"""The scheduler has moods that last for seconds: a ratio is taken in each batch, and their median counts."""
COMMAND = ("/bin/sleep", "60")
ENVIRONMENT = dict(os.environb)


class Took(NamedTuple):
    """Seconds."""

    seen: float
    """From the kill to its being noticed; the kernel's teardown is in it."""
    spawned: float
    """From the pidfd's being readable to the return of the spawn."""


class Stamped(selectors.DefaultSelector):  # chosen while the program runs
    """Knows when it last had something to say."""

    at = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As its parent does."""
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(timeout)
        self.at = time.perf_counter()
        return ready


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


class Bare:
    """What asyncio and the kernel need: pidfd, reader, posix_spawn."""

    def __init__(self, selector: Stamped) -> None:
        self._selector = selector
        self.pid = os.posix_spawn(COMMAND[0], COMMAND, ENVIRONMENT)

    async def restarted(self) -> Took:
        """Kill the process, and wait until there is another."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Took] = loop.create_future()
        pidfd = os.pidfd_open(self.pid)

        def ended() -> None:
            seen = time.perf_counter()
            os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
            loop.remove_reader(pidfd)
            os.close(pidfd)
            self.pid = os.posix_spawn(COMMAND[0], COMMAND, ENVIRONMENT)
            done.set_result(Took(seen - killed, time.perf_counter() - self._selector.at))

        loop.add_reader(pidfd, ended)
        killed = time.perf_counter()
        os.kill(self.pid, signal.SIGKILL)
        return await done

    def close(self) -> None:
        """Leave nothing behind."""
        _end(self.pid)


class Ours:
    """The loop, the core and the server's edge as they are; what else the core asks for is done by nobody."""

    def __init__(self, selector: Stamped, directory: Path) -> None:
        self._selector = selector
        self._killed = self._seen = self._spawned = 0.0
        self._took: asyncio.Future[Took] | None = None
        self.pid = 0
        policy = Policy(budget=(), backoff_first=0.0, backoff_max=0.0)
        self._loop = Loop(policy, time.monotonic, time.time, self._published)
        settings = CommandSettings(COMMAND, directory, directory / "output", directory / "server.lock")
        self._server = CommandServer(settings, self._report)
        self._spawn = os.posix_spawnp
        os.posix_spawnp = self._spawn_and_look  # the clock stops here
        performers: dict[type[Action], Callable[..., None]] = dict.fromkeys(
            Action.__subclasses__(), lambda _: None
        )
        self._loop.connect(performers | {Start: self._server.start})
        self._loop.report(Restored(None, seed=1))
        self._server.attach(None)

    def _spawn_and_look(self, *arguments: object, **options: object) -> int:
        self.pid = self._spawn(*arguments, **options)  # type: ignore[arg-type]
        self._spawned = time.perf_counter()
        return self.pid

    def _report(self, what: Observation) -> None:
        if isinstance(what, Exited):
            self._seen = time.perf_counter()
        self._loop.report(what)

    def _published(self, state: State) -> None:
        if state.facts.identity and self._took and not self._took.done() and self._spawned > self._killed:
            self._took.set_result(Took(self._seen - self._killed, self._spawned - self._selector.at))

    async def restarted(self) -> Took:
        """Kill the process, and wait until there is another."""
        self._took = asyncio.get_running_loop().create_future()
        self._killed = time.perf_counter()
        os.kill(self.pid, signal.SIGKILL)
        return await self._took

    async def close(self) -> None:
        """Leave nothing behind."""
        self._loop.close()
        await self._server.close()
        os.posix_spawnp = self._spawn
        _end(self.pid)


async def _measure(selector: Stamped) -> dict[str, float]:
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        bare, ours = Bare(selector), Ours(selector, Path(name))
        ways: dict[str, Callable[[], Awaitable[Took]]] = {"bare": bare.restarted, "ours": ours.restarted}
        took: dict[str, list[Took]] = {way: [] for way in ways}
        for number in range(BATCHES * ROUNDS):
            for way in sorted(ways, reverse=number % 2 == 0):  # neither always follows the other
                took[way].append(await ways[way]())
                await asyncio.sleep(0.002)
        bare.close()
        await ours.close()
        os.chdir(here)
    return _rows(took)


def _rows(took: dict[str, list[Took]]) -> dict[str, float]:
    rows: dict[str, float] = {}
    for figure in ("seen", "spawned"):
        times = {way: [getattr(one, figure) * 1e6 for one in some] for way, some in took.items()}
        for way, values in times.items():
            rows[f"{figure}_{way}_us"] = median(values)
            rows[f"{figure}_{way}_p90_us"] = quantiles(values, n=10)[-1]
        ratios = [
            median(times["ours"][first : first + ROUNDS]) / median(times["bare"][first : first + ROUNDS])
            for first in range(0, BATCHES * ROUNDS, ROUNDS)
        ]
        rows[f"{figure}_ratio"] = median(ratios)
        rows[f"{figure}_ratio_min"], rows[f"{figure}_ratio_max"] = min(ratios), max(ratios)
    return rows


def measure() -> dict[str, float]:
    """Microseconds, medians and 90th percentiles; the ratio (goal for spawned: ≤ 1.5) with its spread."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    selector = Stamped()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        return runner.run(_measure(selector))


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.2f}")
