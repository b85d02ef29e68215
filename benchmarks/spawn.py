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

ROUNDS = 200
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
        self.pid = os.posix_spawn(COMMAND[0], COMMAND, os.environ)

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
            self.pid = os.posix_spawn(COMMAND[0], COMMAND, os.environ)
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
        for _ in range(ROUNDS):
            for way, restarted in ways.items():
                took[way].append(await restarted())
                await asyncio.sleep(0.002)
        bare.close()
        await ours.close()
        os.chdir(here)
    rows: dict[str, float] = {}
    for figure in ("seen", "spawned"):
        for way in ways:
            values = [getattr(one, figure) * 1e6 for one in took[way]]
            rows[f"{figure}_{way}_us"] = median(values)
            rows[f"{figure}_{way}_p90_us"] = quantiles(values, n=10)[-1]
        rows[f"{figure}_ratio"] = rows[f"{figure}_ours_us"] / rows[f"{figure}_bare_us"]
    return rows


def measure() -> dict[str, float]:
    """Microseconds, medians and 90th percentiles, and the ratios of the medians (goal for spawned: ≤ 1.5)."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    selector = Stamped()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        return runner.run(_measure(selector))


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.2f}")
