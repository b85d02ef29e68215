"""A real Dask scheduler and its workers, each a process."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from support.loading import DEADLINE, eventually


class Dasks:
    """A scheduler at `url`; `workers` are its Dask workers, in the order in which they were started."""

    def __init__(
        self, folder: Path, host: str, flags: Sequence[str], scheme: str, before: Sequence[str] = ()
    ) -> None:
        self._folder = folder
        self._flags = flags
        self._port = free_port()
        self._host = host
        self.url = f"{scheme}://{host}:{self._port}"
        self.scheduler = self._start(
            "scheduler", "scheduler", "--host", host, "--port", str(self._port), before=before
        )
        self.workers: list[subprocess.Popen[bytes]] = []

    def add(self, *flags: str, before: Sequence[str] = ()) -> None:
        """One more worker."""
        name = f"w{len(self.workers)}"
        own = ("--nthreads", "1", "--name", name, *flags)
        self.workers.append(self._start("worker", name, self.url, *own, before=before))

    def are_there(self) -> None:
        """Wait until the scheduler has them all."""
        eventually(lambda: self.told().count("Register worker addr:") >= len(self.workers))

    def told(self, name: str = "scheduler") -> str:
        """What the scheduler, or a worker, has printed."""
        return (self._folder / f"{name}.log").read_text()

    def end(self) -> None:
        """All of them, and what they have started."""
        roots = [psutil.Process(one.pid) for one in (*self.workers, self.scheduler) if one.poll() is None]
        family = [*roots, *(child for root in roots for child in root.children(recursive=True))]
        for process in family:
            process.kill()
        for one in (*self.workers, self.scheduler):
            one.wait()

    def _start(
        self, what: str, name: str, *flags: str, before: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        command = [*before, sys.executable, "-m", f"distributed.cli.dask_{what}", *flags, *self._flags]
        with (self._folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [*command, "--no-dashboard"], cwd=self._folder, stdout=log, stderr=subprocess.STDOUT
            )


@contextmanager
def dasks(
    folder: Path,
    count: int,
    *flags: str,
    host: str = "127.0.0.1",
    scheme: str = "tcp",
    before: Sequence[str] = (),
) -> Iterator[Dasks]:
    """A scheduler with `count` workers without nannies."""
    found = Dasks(folder, host, flags, scheme, before)
    try:
        for _ in range(count):
            found.add("--no-nanny")
        found.are_there()
        yield found
    finally:
        found.end()


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def processes_of(dask_worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The load processes that a Dask worker has started."""
    return [
        child
        for child in psutil.Process(dask_worker.pid).children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and "loadgen.crew.worker" in child.cmdline()
    ]


def gone(processes: Sequence[psutil.Process], within: float = DEADLINE) -> bool:
    """They have ended, or do in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes):
            return True
        time.sleep(0.05)
    return False
