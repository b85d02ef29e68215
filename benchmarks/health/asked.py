"""Requests a second and their latency on one core: ours, a bare handler and the peers, in turn.

All of them run all the time, each idle unless it is its turn, and the turns are short: a slow minute of the
machine is everybody's.
"""

from __future__ import annotations

import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.health import bare
from benchmarks.health.cores import ASKING, SERVING, on
from benchmarks.health.peers import PEERS
from benchmarks.health.prepare import MissingError
from benchmarks.health.wrk import Load, load
from benchmarks.restart import PATIENCE, configuration, free_port, proven_pid, started

OURS, BARE = "fermat-sidecar /health", "bare aiohttp handler"
ROUNDS, SECONDS, CONNECTIONS = 5, 2, 16
WARM_UP = 1
Row = dict[str, float | None]
"""Figures by name; None where nothing was answered."""


def measure(wrk: list[str]) -> tuple[dict[str, Row], dict[str, str]]:
    """By name; and why others cannot be asked."""
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        addresses = _ours_and_bare(stack)
        for peer in PEERS:
            here, port = _directory(stack), free_port()
            found = {f"{peer.name} {path}": f"127.0.0.1:{port}{path}" for path in peer.paths}
            try:
                _start(stack, peer.command(here, port), here, *found.values())
            except MissingError as error:
                missing[peer.name] = str(error)
            else:
                addresses |= found
        for address in addresses.values():
            load(wrk, address, CONNECTIONS, WARM_UP)
        loads = _rounds(wrk, addresses)
    return {name: _row(some, loads[BARE]) for name, some in loads.items()}, missing


def _rounds(wrk: list[str], addresses: dict[str, str]) -> dict[str, list[Load]]:
    loads: dict[str, list[Load]] = {name: [] for name in addresses}
    for number in range(ROUNDS):
        for name in sorted(addresses, reverse=number % 2 == 0):  # none always follows the same other
            _answers(addresses[name])  # who gathers only for those who ask has done so before its turn
            loads[name].append(load(wrk, addresses[name], CONNECTIONS, SECONDS))
    return loads


def _ours_and_bare(stack: ExitStack) -> dict[str, str]:
    """Started, and their addresses."""
    here, port, health, other = _directory(stack), free_port(), free_port(), free_port()
    addresses = {OURS: f"127.0.0.1:{health}/health", BARE: f"127.0.0.1:{other}/health"}
    server = on(ASKING, [sys.executable, "-m", "cloudserver", "--port", str(port)])
    _start(stack, configuration(here, server, port, health), here)
    proven_pid(health, 0)
    here = _directory(stack)
    bare.save(addresses[OURS], here / "answer.json")
    _start(stack, [sys.executable, "-m", bare.__name__, str(other), "answer.json"], here, addresses[BARE])
    return addresses


def _directory(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory()))


def _start(stack: ExitStack, command: list[str], here: Path, *addresses: str) -> None:
    """Until the end of the stack, and wait until it answers there."""
    stack.enter_context(started(on(SERVING, command), here))
    try:
        for address in addresses:
            _answers(address)
    except MissingError as error:
        last = (here / "log").read_text(errors="replace").strip().splitlines()[-1:]
        raise MissingError(f"{error}; it said: {' '.join(last) or 'nothing'}") from None


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


def _row(some: list[Load], floor: list[Load]) -> Row:
    """Medians of all turns; the ratios are each turn's own."""
    ratios = [one.per_s / other.per_s for one, other in zip(some, floor, strict=True)]
    return {
        "per_s": median(one.per_s for one in some),
        "p50_ms": _median(one.p50_ms for one in some),
        "p99_ms": _median(one.p99_ms for one in some),
        "failed": sum(one.failed for one in some),
        "ratio": median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
    }


def _median(figures: Iterable[float | None]) -> float | None:
    return median(known) if (known := [figure for figure in figures if figure is not None]) else None
