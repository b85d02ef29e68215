"""What one sample of the server costs the sidecar: ours, psutil's list, and the floor; by connections."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from fermatkit import host, sockets
from fermatkit.process import Sampler, open_fds, started
from fermatkit.sockets import TcpState
from fermatkit.threads import Threads
from sidecar.probes.host import HostSettings
from sidecar.probes.process import ProcessSettings
from sidecar.probes.threads import THREADS

ROUNDS = 50
AT_MOST = 1.0
"""Seconds for one figure."""
CONNECTIONS = (100, 5000, 15000)
RARELY, SOMETIMES = 60.0, 5.0
"""Seconds between two dumps of a port's sockets: of all of them, and of those that listen."""
UNUSUAL = tuple(set(TcpState) - {TcpState.ESTABLISHED})
_ALL_FILES = (
    "resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)"
)
SERVER = f"""
import resource, socket, sys, threading, time
{_ALL_FILES}
server = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
for _ in range(99):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
print(server.getsockname()[1], flush=True)
kept = [server.accept() for _ in range(int(sys.argv[1]))]
print("all", flush=True)
time.sleep(600)
"""
CLIENTS = f"""
import resource, socket, sys, time
{_ALL_FILES}
number, port = int(sys.argv[1]), int(sys.argv[2])
kept = [socket.create_connection((("127.0.0.1", "127.0.0.2")[one % 2], port)) for one in range(number)]
time.sleep(600)
"""


@contextmanager
def _target(connections: int) -> Iterator[tuple[int, int]]:
    """A server with so many connections and a hundred threads."""
    with _program(SERVER, connections) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with _program(CLIENTS, connections, port):
            assert server.stdout.readline() == b"all\n"
            yield server.pid, port


@contextmanager
def _program(text: str, *arguments: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", text, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def _cpu(work: Callable[[], object]) -> float:
    """Microseconds of CPU, median; of the first nothing is said, for it may set something up."""
    work()
    took: list[float] = []
    until = time.monotonic() + AT_MOST
    while len(took) < ROUNDS and (not took or time.monotonic() < until):
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1e6)
    return median(took)


def _parts(pid: int, port: int) -> dict[str, tuple[float, Callable[[], object]]]:
    """What we do, and every how many seconds."""
    start = started(pid) or 0
    machine = HostSettings().interval
    return {
        "process": (ProcessSettings().interval, Sampler(pid, start).sample),
        "fds": (ProcessSettings().interval, lambda: open_fds(pid)),
        "threads": (THREADS.interval, Threads(pid, start).sample),
        "host": (machine, lambda: host.readings(host.snapshot(), None)),
        "disks": (machine, lambda: host.disks([Path("/")])),
        "listening": (SOMETIMES, lambda: sockets.connections(port, (TcpState.LISTEN,))),
        "sockets": (RARELY, lambda: sockets.connections(port)),
    }


def _others(pid: int, port: int) -> dict[str, Callable[[], object]]:
    """What is done otherwise, or not regularly."""
    process = psutil.Process(pid)
    stat = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    return {
        "sockets_unusual": lambda: sockets.connections(port, UNUSUAL),
        "owner": lambda: sockets.owner(port, pid),
        "ports": lambda: sockets.listening_ports(pid),
        "biggest": lambda: host.biggest(but=0),
        "psutil_fds": process.num_fds,
        "psutil_sockets": lambda: process.net_connections("tcp"),
        "floor": lambda: (os.pread(stat, 4096, 0), os.stat(f"/proc/{pid}/fd").st_size),  # noqa: PTH116 - the floor
    }


def measure() -> dict[str, float]:
    """Microseconds of CPU for each part, by the number of connections; growth in KiB.

    `sample_at_…_us` is what a second costs on average: each part's cost by its beat. `sample_flat_at_…_us`
    likewise, without what grows with the connections.
    """
    figures: dict[str, float] = {}
    for connections in CONNECTIONS:
        with _target(connections) as (pid, port):
            parts = _parts(pid, port)
            before = psutil.Process().memory_info().rss
            cost = {name: _cpu(work) for name, (_, work) in parts.items()}
            growth = psutil.Process().memory_info().rss - before
            second = {name: cost[name] / beat for name, (beat, _) in parts.items()}
            cost |= {name: _cpu(work) for name, work in _others(pid, port).items()}
        figures |= {f"sample_{name}_at_{connections}_us": figure for name, figure in cost.items()}
        figures[f"sample_growth_at_{connections}_kib"] = growth / 1024
        flat = [figure for name, figure in second.items() if name != "sockets"]
        figures[f"sample_flat_at_{connections}_us"] = sum(flat)
        figures[f"sample_at_{connections}_us"] = sum(second.values())
    return figures


if __name__ == "__main__":
    rows = measure()
    names = {name.split("_at_")[0] for name in rows}
    for name in sorted(names):
        unit = "kib" if "growth" in name else "us"
        print(f"{name:24}", *(f"{rows[f'{name}_at_{number}_{unit}']:12.1f}" for number in CONNECTIONS))
