"""What one sample of the server costs the sidecar, with a hundred and with five thousand connections."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from fermatkit import sockets
from fermatkit.process import Sampler, disk_free, open_fds, started

ROUNDS = 50
CONNECTIONS = (100, 5000)
TARGET = """
import resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
server = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
kept = []
for number in range(int(sys.argv[1])):
    host = ("127.0.0.1", "127.0.0.2")[number % 2]
    kept.append((socket.create_connection((host, server.getsockname()[1])), server.accept()))
print(server.getsockname()[1], flush=True)
time.sleep(600)
"""


@contextmanager
def _target(connections: int) -> Iterator[tuple[int, int]]:
    arguments = [sys.executable, "-c", TARGET, str(connections)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield process.pid, int(process.stdout.readline())
        finally:
            process.kill()


def _cpu(work: Callable[[], object]) -> float:
    """Microseconds of CPU, median."""
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1e6)
    return median(took)


def measure() -> dict[str, float]:
    """Microseconds of CPU for each part of a sample, by the number of connections; growth in KiB."""
    figures = {}
    for connections in CONNECTIONS:
        with _target(connections) as (pid, port):
            sampler = Sampler(pid, started(pid) or 0)
            parts: dict[str, Callable[[], object]] = {
                "process": sampler.sample,
                "sockets": lambda port=port: sockets.count(port),  # type: ignore[misc]
                "fds": lambda pid=pid: open_fds(pid),  # type: ignore[misc]
                "disk": lambda: disk_free(Path("/")),
                "owner": lambda port=port, pid=pid: sockets.owner(port, pid),  # type: ignore[misc]
            }
            before = psutil.Process().memory_info().rss
            for name, work in parts.items():
                figures[f"sample_{name}_at_{connections}_us"] = _cpu(work)
            growth = psutil.Process().memory_info().rss - before
            figures[f"sample_growth_at_{connections}_kib"] = growth / 1024
            whole = [figures[f"sample_{name}_at_{connections}_us"] for name in parts if name != "owner"]
            figures[f"sample_at_{connections}_us"] = sum(whole)
    return figures


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:32} {figure:10.1f}")
