"""The C echo servers, one for each port, and what they count."""

from __future__ import annotations

import mmap
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.load import compiled
from benchmarks.load.counters import SIZE, Counters, read, together
from benchmarks.load.family import cpu_clock
from benchmarks.restart import free_port


class Servers:
    """As many as there are, as if they were one."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._pages: list[mmap.mmap] = []

    def start(self, here: Path, stack: ExitStack) -> None:
        """One more, until the stack is unwound."""
        port = free_port()
        page = here / f"counters-{port}"
        command = [compiled.program("server"), str(port), str(page)]
        process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
        stack.callback(process.kill)
        assert process.stdout is not None
        assert process.stdout.readline() == b"listening\n"
        with page.open("rb") as file:
            self._pages.append(mmap.mmap(file.fileno(), SIZE, access=mmap.ACCESS_READ))
        self._processes.append(process)
        self.ports.append(port)

    def counters(self) -> Counters:
        """Now."""
        return together([read(page[:]) for page in self._pages])

    def cpu(self) -> float:
        """Seconds that they have used."""
        return sum(time.clock_gettime(cpu_clock(process.pid)) for process in self._processes)

    def kick(self) -> None:
        """Send every client its first message: from now on they echo."""
        for process in self._processes:
            process.send_signal(signal.SIGUSR1)


@contextmanager
def servers(number: int, here: Path) -> Iterator[Servers]:
    """So many of them."""
    with ExitStack() as stack:
        some = Servers()
        for _ in range(number):
            some.start(here, stack)
        yield some
