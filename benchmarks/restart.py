"""kill -9 → listening again, seen from outside: the whole sidecar beside a bare asyncio loop, in turn.

The server is the smallest that every Debian has: perl, which tells its pid to whoever connects. Most of these
milliseconds are its own start. Then the stand-in: kill -9 → a proven server, as /health's page would say it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

ROUNDS = 60
PROVEN_ROUNDS = 10
PATIENCE = 20.0
SERVER = """
use Socket;
socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
bind(S, sockaddr_in({port}, INADDR_LOOPBACK)) or die $!; listen(S, 50);
while (accept(C, S)) {{ syswrite(C, "$$\\n"); close(C); }}
"""
BARE = """
import asyncio, os, sys
async def main():
    while True:
        pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
        pidfd = os.pidfd_open(pid)
        died = asyncio.Event()
        asyncio.get_running_loop().add_reader(pidfd, died.set)
        await died.wait()
        asyncio.get_running_loop().remove_reader(pidfd)
        os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
        os.close(pidfd)
asyncio.run(main())
"""
LIMITS = """
budget = [{ restarts = 100000, within = "1h" }]
backoff_first = "0s"
backoff_max = "0s"
start_timeout = "1h"
"""


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def whose(port: int) -> int:
    """The pid that answers there; 0 when nobody does."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as peer:
            return int(peer.recv(32) or 0)
    except OSError:
        return 0


def another(port: int, old: int) -> int:
    """Wait for another pid than the old one."""
    deadline = time.monotonic() + PATIENCE
    while (pid := whose(port)) in (0, old):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no new server on {port}")
    return pid


@contextmanager
def started(command: list[str], directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A watcher; ended with its server at the end."""
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=directory, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def configuration(directory: Path, command: list[str], port: int, health: int, limits: str = "") -> list[str]:
    """Write a configuration; the command that runs a sidecar on it."""
    (directory / "server").mkdir()
    config = directory / "sidecar.toml"
    config.write_text(
        f"[server]\ncommand = {json.dumps(command)}\ndirectory = 'server'\nport = {port}\n"
        f"[state]\ndirectory = 'state'\n[health]\nport = {health}\n[limits]\n{limits}\n"
    )
    return [sys.executable, "-m", "sidecar", "run", "--config", str(config)]


def listening() -> dict[str, float]:
    """Milliseconds from the kill to an answer of the new server, and the ratio of the medians."""
    took: dict[str, list[float]] = {"bare": [], "ours": []}
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        ports = {"bare": free_port(), "ours": free_port()}
        perl = {way: ["perl", "-e", SERVER.format(port=port)] for way, port in ports.items()}
        sidecar = configuration(Path(two), perl["ours"], ports["ours"], free_port(), LIMITS)
        with (
            started([sys.executable, "-c", BARE, *perl["bare"]], Path(one)),
            started(sidecar, Path(two)),
        ):
            pids = {way: another(port, 0) for way, port in ports.items()}
            for _ in range(ROUNDS):
                for way, port in ports.items():
                    began = time.perf_counter()
                    os.kill(pids[way], signal.SIGKILL)
                    pids[way] = another(port, pids[way])
                    took[way].append((time.perf_counter() - began) * 1000)
                    time.sleep(0.05)
        os.kill(pids["bare"], signal.SIGKILL)  # the bare loop has no manners
    rows = {f"listening_{way}_ms": median(times) for way, times in took.items()}
    rows |= {f"listening_{way}_p90_ms": quantiles(times, n=10)[-1] for way, times in took.items()}
    return rows | {"listening_ratio": rows["listening_ours_ms"] / rows["listening_bare_ms"]}


def proven() -> dict[str, float]:
    """Milliseconds from the kill until ``/health`` passes; most of it is the stand-in starting."""
    took = []
    with tempfile.TemporaryDirectory() as name:
        port, health = free_port(), free_port()
        command = [sys.executable, "-m", "cloudserver", "--port", str(port)]
        with started(configuration(Path(name), command, port, health, LIMITS), Path(name)):
            pid = proven_pid(health, 0)
            for _ in range(PROVEN_ROUNDS):
                began = time.perf_counter()
                os.kill(pid, signal.SIGKILL)
                pid = proven_pid(health, pid)
                took.append((time.perf_counter() - began) * 1000)
    return {"proven_ms": median(took), "proven_max_ms": max(took)}


def proven_pid(health: int, old: int) -> int:
    """Wait until ``/health`` passes for another pid than the old one."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{health}/health", timeout=PATIENCE) as answer:
                pid = int(json.load(answer)["checks"]["process:state"][0]["componentId"])
        except (urllib.error.URLError, KeyError):
            pid = 0
        if pid not in (0, old):
            return pid
        time.sleep(0.002)
    raise TimeoutError("no proven server")


def measure() -> dict[str, float]:
    """Both."""
    return listening() | proven()


if __name__ == "__main__":
    for label, figure in measure().items():
        print(f"{label:24} {figure:9.2f}")
