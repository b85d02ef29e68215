"""How late the sidecar's beats come and when it sees a death, in calm and under attack, in turn.

Both are its own stamps, read from its recording when all is over: a sample of the process is due at each
whole second of the machine's clock. `beside` does the same on the same core at the same time, and serves
nobody: what it is late by is the machine's.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Container, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.health import beside
from benchmarks.health.attack import Report, attack
from benchmarks.health.cores import ASKING, SERVING, on
from benchmarks.health.stamps import Stamps, of_beside, of_sidecar
from benchmarks.restart import LIMITS, PATIENCE, configuration, free_port, proven_pid, started

CALM, ATTACK = "calm", "attack"
ROUNDS, SETTLED, PHASE = 3, 2.0, 16.0
"""Seconds until the attackers are inside, and of what is measured then."""
BETWEEN = (2.2, 3.2)
"""Seconds from one kill to the next: the stand-in works again within one."""


@dataclass
class Phase:
    """One of them, by the machine's monotonic clock."""

    condition: str
    began: float
    kills: dict[int, float] = field(default_factory=dict)
    """When each pid was killed."""

    def has(self, at: float) -> bool:
        """Whether that was in it."""
        return self.began <= at < self.began + PHASE


def measure(wrk: list[str]) -> tuple[list[Phase], dict[str, Stamps], list[Report]]:
    """The phases, what both saw, and what the attackers met."""
    phases, reports = [], []
    with tempfile.TemporaryDirectory() as name:
        here, port, health = Path(name), free_port(), free_port()
        server = on(ASKING, [sys.executable, "-m", "cloudserver", "--port", str(port)])
        command = on(SERVING, configuration(here, server, port, health, LIMITS))
        with started(command, here) as sidecar, _beside(here / "beside") as floor:
            proven_pid(health, 0)
            for condition in (CALM, ATTACK) * ROUNDS:
                going: AbstractContextManager[Report] = nullcontext({})
                if condition == ATTACK:
                    going = attack(wrk, health, SETTLED + PHASE)
                with going as report:
                    time.sleep(SETTLED)
                    phases.append(_phase(condition, sidecar.pid, floor))
                    if condition == ATTACK:
                        report["sidecar"] = {"descriptors": psutil.Process(sidecar.pid).num_fds()}
                        reports.append(report)
        stamps = {
            "sidecar": of_sidecar(here / "state/recording"),
            "bare loop": of_beside(here / "beside"),
        }
    return phases, stamps, reports


def _phase(condition: str, sidecar: int, floor: subprocess.Popen[str]) -> Phase:
    """Kill the server again and again."""
    phase = Phase(condition, time.monotonic())
    assert floor.stdin is not None
    while True:
        pid = _server(sidecar, phase.kills)
        floor.stdin.write(f"{pid}\n")
        floor.stdin.flush()
        rest = phase.began + PHASE - time.monotonic()
        wait = random.uniform(*BETWEEN)  # noqa: S311 - another moment of its beats each time
        time.sleep(min(wait, max(0.0, rest)))
        if wait >= rest:
            return phase
        phase.kills[pid] = time.monotonic()
        os.kill(pid, signal.SIGKILL)


def _server(sidecar: int, killed: Container[int]) -> int:
    """The pid of the server that it runs now, once there is one; who was killed may take a moment to die."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for child in psutil.Process(sidecar).children():
            if child.pid not in killed and "cloudserver" in child.cmdline():
                return int(child.pid)
        time.sleep(0.02)
    raise TimeoutError("the sidecar runs no server")


@contextmanager
def _beside(output: Path) -> Iterator[subprocess.Popen[str]]:
    with output.open("w") as file:
        command = on(SERVING, [sys.executable, "-m", beside.__name__])
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, text=True)
    try:
        yield process
    finally:
        process.communicate(timeout=PATIENCE)
