"""Death → new process: the sidecar's way beside a bare asyncio loop's, in one run, interleaved.

The clock runs from the moment the selector says that the pidfd is readable (so the kernel's teardown is in
neither figure) to the moment posix_spawn has returned. Both stand in the same working directory.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles

from sidecar.core.actions import Start
from sidecar.core.observations import Appeared, Exited, Observation
from sidecar.servers.command import CommandServer, CommandSettings

ROUNDS = 200
COMMAND = ("/bin/sleep", "60")
ENVIRONMENT = dict(os.environb)


class Stamped(selectors.DefaultSelector):  # type: ignore[valid-type, misc]  # chosen while the program runs
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

    async def restarted(self) -> float:
        """Kill the process; seconds until there is another."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        pidfd = os.pidfd_open(self.pid)

        def ended() -> None:
            os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
            loop.remove_reader(pidfd)
            os.close(pidfd)
            self.pid = os.posix_spawn(COMMAND[0], COMMAND, ENVIRONMENT)
            done.set_result(time.perf_counter() - self._selector.at)

        loop.add_reader(pidfd, ended)
        os.kill(self.pid, signal.SIGKILL)
        return await done

    def close(self) -> None:
        """Leave nothing behind."""
        _end(self.pid)


class Ours:
    """CommandServer, told to start by the very report of the end."""

    def __init__(self, selector: Stamped, directory: Path) -> None:
        self._selector = selector
        settings = CommandSettings(COMMAND, directory, directory / "output", directory / "server.lock")
        self._server = CommandServer(settings, self._report)
        self._took: asyncio.Future[float] | None = None
        self._spawn = os.posix_spawnp
        os.posix_spawnp = self._spawn_and_look  # type: ignore[assignment]  # the clock stops here
        self._spawned = 0.0
        self._server.start(Start())

    def _spawn_and_look(self, *arguments: object, **options: object) -> int:
        pid = self._spawn(*arguments, **options)  # type: ignore[arg-type]
        self._spawned = time.perf_counter()
        return pid

    def _report(self, what: Observation) -> None:
        match what:
            case Appeared(identity):
                self.pid = identity.pid
                if self._took:
                    self._took.set_result(self._spawned - self._selector.at)
            case Exited():
                self._server.start(Start())
            case _:
                raise RuntimeError(what)

    async def restarted(self) -> float:
        """Kill the process; seconds until there is another."""
        self._took = asyncio.get_running_loop().create_future()
        os.kill(self.pid, signal.SIGKILL)
        return await self._took

    async def close(self) -> None:
        """Leave nothing behind."""
        await self._server.close()
        os.posix_spawnp = self._spawn
        _end(self.pid)


async def _measure(selector: Stamped) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        bare, ours = Bare(selector), Ours(selector, Path(name))
        ways: dict[str, Callable[[], Awaitable[float]]] = {"bare": bare.restarted, "ours": ours.restarted}
        took: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, restarted in ways.items():
                took[way].append(await restarted() * 1e6)
                await asyncio.sleep(0.002)
        bare.close()
        await ours.close()
        os.chdir("/")
    return {
        "spawn_bare_us": median(took["bare"]),
        "spawn_ours_us": median(took["ours"]),
        "spawn_bare_p90_us": quantiles(took["bare"], n=10)[-1],
        "spawn_ours_p90_us": quantiles(took["ours"], n=10)[-1],
        "spawn_ratio": median(took["ours"]) / median(took["bare"]),
    }


def measure() -> dict[str, float]:
    """Microseconds, and the ratio of the medians (goal: ≤ 1.5)."""
    selector = Stamped()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        return runner.run(_measure(selector))


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.2f}")
