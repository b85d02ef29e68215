"""Run as root in the booted system: kills the servers in turns, and writes down how long everything took."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import socket
import sys
import time
from pathlib import Path

from benchmarks.restart import PATIENCE, another, proven_pid
from benchmarks.unit import stamps, ways
from benchmarks.unit.stamps import Kill
from benchmarks.unit.ways import STANDIN, STANDIN_ALONE, STANDIN_HEALTH, WAYS, Way

ROUNDS = 24
STANDIN_ROUNDS = 20
_SETTLED = 3.0
"""Seconds until the sidecar has written its recording, and the journal everything."""
Took = dict[str, dict[str, list[float]]]


def smallest() -> Took:
    """Part one: the smallest server under each way, killed in turns."""
    units = [unit for way in WAYS for unit in way.units]
    ways.systemctl("start", *units)
    pids = {way: another(way.port, 0) for way in WAYS}
    time.sleep(_SETTLED)
    kills: dict[Way, list[Kill]] = {way: [] for way in WAYS}
    listening: dict[Way, list[float]] = {way: [] for way in WAYS}
    for number in range(ROUNDS):
        for way in WAYS:
            if number % way.every:
                continue
            time.sleep(random.uniform(0.05, 0.3 * way.every))  # noqa: S311 - another moment of their cycles each time
            monotonic, wall, old = time.monotonic(), time.time(), pids[way]
            os.kill(old, signal.SIGKILL)
            pids[way] = another(way.port, old)
            listening[way].append((time.monotonic() - monotonic) * 1000)
            kills[way].append(Kill(old, monotonic, wall, time.time()))
    time.sleep(_SETTLED)
    took = {way.name: {"seen": stamps.seen(way, kills[way]), "listening": listening[way]} for way in WAYS}
    ways.systemctl("stop", *reversed(units))
    return took


def standin() -> Took:
    """Part two: the stand-in, which can be proven; alone it shows what of that is its own start."""
    ways.systemctl("start", *STANDIN.units, *STANDIN_ALONE.units)
    pid = proven_pid(STANDIN_HEALTH, 0)
    kills: list[Kill] = []
    took: Took = {way.name: {"listening": []} for way in (STANDIN, STANDIN_ALONE)}
    proven = took[STANDIN.name]["proven"] = []
    for _ in range(STANDIN_ROUNDS):
        time.sleep(random.uniform(0.1, 0.6))  # noqa: S311 - as above
        monotonic, wall, old = time.monotonic(), time.time(), pid
        _kill_and_connect(old, STANDIN.port)
        took[STANDIN.name]["listening"].append((time.monotonic() - monotonic) * 1000)
        pid = proven_pid(STANDIN_HEALTH, old)
        proven.append((time.monotonic() - monotonic) * 1000)
        kills.append(Kill(old, monotonic, wall, time.time()))
        alone = int(ways.systemctl("show", "-p", "MainPID", "--value", *STANDIN_ALONE.units))
        monotonic = time.monotonic()
        _kill_and_connect(alone, STANDIN_ALONE.port)
        took[STANDIN_ALONE.name]["listening"].append((time.monotonic() - monotonic) * 1000)
    time.sleep(_SETTLED)
    took[STANDIN.name]["seen"] = stamps.seen(STANDIN, kills)
    return took


def _kill_and_connect(pid: int, port: int) -> None:
    """Until somebody accepts again; the old one is gone before the first try."""
    pidfd = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    select.select([pidfd], [], [], PATIENCE)
    os.close(pidfd)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
        except OSError:
            time.sleep(0.001)
        else:
            return
    raise TimeoutError(f"nobody listens on {port}")


def main() -> None:
    """Both parts, to the file that is named."""
    ways.write()
    Path(sys.argv[1]).write_text(json.dumps({"smallest": smallest(), "standin": standin()}))


main()
