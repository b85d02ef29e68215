"""What an idle sidecar takes: the whole program, and each of its parts alone in a process of its own.

The parts are measured over the same kind of server, a healthy stand-in. What is left of the whole is the
core, the recording and the page. Much of it is the kernel's: over loopback the sender's CPU carries what it
sends to the end. And little of it is in a cache when it comes once a second: a loop of Python that takes 3 µs
takes 30 to 150 after such a pause, more on a machine whose cores are others', too.

So beside the whole, in the same seconds, runs the floor: the same questions of the same server and the same
looks at it, by blocking calls one after another, with no event loop and nothing decided or kept.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.restart import configuration, free_port, started

WARM_UP, IDLE = 8, 40
"""Seconds."""
PARTS = {
    "the event loop, with a tick each second": "",
    "heartbeat: a ping each second": "Heartbeat(HeartbeatSettings(port=port), keys, report)",
    "question over HTTP": "HttpProbe(HttpSettings(port=port), report)",
    "sample of the process, each second": "ProcessProbe(ProcessSettings(port), report)",
    "threads, each 5 s": "ReadingsProbe(THREADS, report)",
    "cgroup, each 10 s": "CgroupProbe(CgroupSettings(), report)",
    "machine, each 10 s": "HostProbe(HostSettings((here,)), report)",
    "server's configuration, each 30 s": "ConfigProbe(ConfigSettings(here), report)",
}
FLOOR = """
import os, socket, sys, time
port, pid = int(sys.argv[1]), sys.argv[2]

def asked(peer):
    peer.sendall(b"GET /fermat/api/user HTTP/1.1\\r\\nHost: a\\r\\nConnection: keep-alive\\r\\n\\r\\n")
    assert peer.recv(4096)

held = socket.create_connection(("127.0.0.1", port))
beat = 0
while True:
    time.sleep(1.0 - time.monotonic() % 1.0)
    asked(held)  # as dear as a ping and its answer
    for name in ("stat", "limits"):
        with open(f"/proc/{pid}/{name}", "rb") as file:
            file.read()
    os.stat(f"/proc/{pid}/fd")
    if beat % 5 == 0:
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            asked(stranger)
    beat += 1
"""
AS_INSTALLED = """
import sys
sys.modules["rich"] = None
from sidecar.cli import main
sys.exit(main())
"""
"""Without what only the tools of development bring, and structlog imports where it is: 3 MiB."""
PROGRAM = """
import asyncio, resource, sys
from pathlib import Path
from fermatkit.process import started
from sidecar.core.nouns import Identity
from sidecar.probes.cgroup import CgroupProbe, CgroupSettings
from sidecar.probes.config_file import ConfigProbe, ConfigSettings
from sidecar.probes.heartbeat import Heartbeat, HeartbeatSettings
from sidecar.probes.host import HostProbe, HostSettings
from sidecar.probes.http import HttpProbe, HttpSettings
from sidecar.probes.process import ProcessProbe, ProcessSettings
from sidecar.probes.readings import ReadingsProbe
from sidecar.probes.threads import THREADS
from sidecar.store.keys import load_keys
from sidecar.tasks import Beat
try:
    import uvloop
    uvloop.install()
except ImportError:
    pass
port, pid, warm_up, idle = map(int, sys.argv[1:5])
here = Path(sys.argv[5])
keys = load_keys(here / "keys.json")

def report(what): pass

def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

async def tick():
    beat = Beat(1.0)
    while True:
        await beat.wait()

async def main():
    ticking = asyncio.create_task(tick())
    part = PART
    if hasattr(part, "start"):
        part.start()
    elif part is not None:
        part.watch(Identity(pid, started(pid)))
    await asyncio.sleep(warm_up)
    before = used()
    await asyncio.sleep(idle)
    print((used() - before) / idle * 1000, flush=True)
    ticking.cancel()

asyncio.run(main())
"""


def whole() -> dict[str, float]:
    """A sidecar over a healthy stand-in, nobody looking: resident MiB, and CPU milliseconds a second."""
    with tempfile.TemporaryDirectory() as name:
        directory, port = Path(name), free_port()
        server = [sys.executable, "-m", "cloudserver", "--port", str(port)]
        python, _, _, *arguments = configuration(directory, server, port, free_port())
        with started([python, "-c", AS_INSTALLED, *arguments], directory) as process:
            time.sleep(WARM_UP)
            (pid,) = (child.pid for child in psutil.Process(process.pid).children())
            floor = subprocess.Popen([sys.executable, "-c", FLOOR, str(port), str(pid)])
            try:
                time.sleep(2.0)
                before = _used(process.pid), _used(floor.pid)
                time.sleep(IDLE)
                ours, least = (_used(process.pid) - before[0]) / IDLE, (_used(floor.pid) - before[1]) / IDLE
                assert floor.poll() is None, "the floor has fallen"
            finally:
                floor.kill()
                floor.wait()
            return {
                "idle_rss_mib": psutil.Process(process.pid).memory_info().rss / 2**20,
                "idle_cpu_ms_per_s": ours,
                "idle_floor_cpu_ms_per_s": least,
                "idle_cpu_over_floor": ours / least,
            }


def _used(pid: int) -> float:
    """Milliseconds of CPU of all its threads, by the scheduler's own count: others come in steps of 10."""
    spent = [int(one.read_text().split()[0]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(spent) / 1e6


def parts() -> dict[str, float]:
    """CPU milliseconds a second of each, the loop under it taken away."""
    with _standin() as (port, pid), tempfile.TemporaryDirectory() as here:
        alone = {name: _part(code or "None", port, pid, here) for name, code in PARTS.items()}
    loop, *others = alone.items()
    return dict([loop, *((name, max(0.0, figure - loop[1])) for name, figure in others)])


def _part(code: str, port: int, pid: int, here: str) -> float:
    program = PROGRAM.replace("PART", code)
    arguments = (port, pid, WARM_UP, IDLE, here)
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@contextmanager
def _standin() -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, "-m", "cloudserver", "--port", str(port)]
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        try:
            while b"Server URI" not in process.stdout.readline():
                assert process.poll() is None, "the stand-in did not start"
            yield port, process.pid
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def measure() -> dict[str, float]:
    """The whole, then its parts."""
    rows = whole()
    return rows | {f"idle {name}: cpu_ms_per_s": figure for name, figure in parts().items()}


if __name__ == "__main__":
    for label, figure in measure().items():
        print(f"{label:60} {figure:9.2f}")
