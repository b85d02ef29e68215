"""Requests a second and their latency on one core: ours, a bare handler and the peers, in turn.

All of them run all the time, each idle unless it is its turn, and the turns are short: a slow minute of the
machine is everybody's. Beside the answers a second stands what CPU each took, which others on the core change
less.
"""

from __future__ import annotations

import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from benchmarks.health import bare
from benchmarks.health.cores import ASKING, SERVING, on
from benchmarks.health.peers import PEERS
from benchmarks.health.prepare import MissingError
from benchmarks.health.wrk import Load, load
from benchmarks.restart import PATIENCE, configuration, free_port, proven_pid, started

OURS, BARE = "fermat-sidecar /health", "bare aiohttp handler"
ROUNDS, SECONDS, CONNECTIONS = 5, 2, 16
Row = dict[str, float | None]
"""Figures by name; None where nothing was answered."""


@dataclass(frozen=True)
class Server:
    """One that runs."""

    address: str
    process: psutil.Process


@dataclass(frozen=True)
class Turn:
    """What came of one."""

    load: Load
    cpu_us: float | None
    """Microseconds of an answer."""


def measure(wrk: list[str]) -> tuple[dict[str, Row], dict[str, str]]:
    """By name; and why others cannot be asked."""
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        servers = _ours_and_bare(stack)
        for peer in PEERS:
            here, port = _directory(stack), free_port()
            addresses = {f"{peer.name} {path}": f"127.0.0.1:{port}{path}" for path in peer.paths}
            try:
                process = _start(stack, peer.command(here, port), here, *addresses.values())
            except MissingError as error:
                missing[peer.name] = str(error)
            else:
                servers |= {name: Server(address, process) for name, address in addresses.items()}
        turns: dict[str, list[Turn]] = {name: [] for name in servers}
        for number in range(ROUNDS):
            for name in sorted(servers, reverse=number % 2 == 0):  # none always follows the same other
                turns[name].append(_turn(wrk, servers[name]))
    return {name: _row(some, turns[BARE]) for name, some in turns.items()}, missing


def _turn(wrk: list[str], server: Server) -> Turn:
    _answers(server.address)  # who gathers only for those who ask has done so before
    before = sum(server.process.cpu_times()[:2])
    found = load(wrk, server.address, CONNECTIONS, SECONDS)
    spent = sum(server.process.cpu_times()[:2]) - before
    answers = found.per_s * SECONDS
    return Turn(found, spent / answers * 1e6 if answers else None)


def _ours_and_bare(stack: ExitStack) -> dict[str, Server]:
    here, port, health, other = _directory(stack), free_port(), free_port(), free_port()
    addresses = {OURS: f"127.0.0.1:{health}/health", BARE: f"127.0.0.1:{other}/health"}
    server = on(ASKING, [sys.executable, "-m", "cloudserver", "--port", str(port)])
    ours = _start(stack, configuration(here, server, port, health), here)
    proven_pid(health, 0)
    here = _directory(stack)
    bare.save(addresses[OURS], here / "answer.json")
    command = [sys.executable, "-m", bare.__name__, str(other), "answer.json"]
    floor = _start(stack, command, here, addresses[BARE])
    return {OURS: Server(addresses[OURS], ours), BARE: Server(addresses[BARE], floor)}


def _directory(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory()))


def _start(stack: ExitStack, command: list[str], here: Path, *addresses: str) -> psutil.Process:
    """Until the end of the stack, and wait until it answers there."""
    process = stack.enter_context(started(on(SERVING, command), here))
    try:
        for address in addresses:
            _answers(address)
    except MissingError as error:
        last = (here / "log").read_text(errors="replace").strip().splitlines()[-1:]
        raise MissingError(f"{error}; it said: {' '.join(last) or 'nothing'}") from None
    return psutil.Process(process.pid)


def _answers(address: str) -> None:
    """Wait until it does. `MissingError` when it does not."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(f"http://{address}", timeout=PATIENCE).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise MissingError(f"no answer from {address} in {PATIENCE:.0f} s: {error}") from None
            time.sleep(0.1)
        else:
            return


def _row(some: list[Turn], floor: list[Turn]) -> Row:
    """Medians of all turns; the ratios are each turn's own."""
    ratios = [one.load.per_s / other.load.per_s for one, other in zip(some, floor, strict=True)]
    return {
        "per_s": median(one.load.per_s for one in some),
        "p50_ms": _median(one.load.p50_ms for one in some),
        "p99_ms": _median(one.load.p99_ms for one in some),
        "cpu_us": _median(one.cpu_us for one in some),
        "failed": sum(one.load.failed for one in some),
        "ratio": median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
    }


def _median(figures: Iterable[float | None]) -> float | None:
    return median(known) if (known := [figure for figure in figures if figure is not None]) else None
