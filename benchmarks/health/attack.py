"""Everybody at once: 50 connections that hammer /health, and the crowd that holds its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from benchmarks.health import crowd
from benchmarks.health.cores import ASKING, on
from benchmarks.health.wrk import asking, result

HAMMERS = 50
_PATIENCE = 20.0
Report = dict[str, dict[str, float]]
"""Figures by name, of each kind of attacker."""


@contextmanager
def attack(wrk: list[str], port: int, seconds: float) -> Iterator[Report]:
    """For so long from now; what is yielded has its figures afterwards."""
    report: Report = {}
    command = [sys.executable, "-m", crowd.__name__, str(port), str(seconds)]
    process = subprocess.Popen(on(ASKING, command), stdout=subprocess.PIPE, text=True)
    try:
        with asking(wrk, f"127.0.0.1:{port}/health", HAMMERS, seconds) as hammers:
            yield report
            report["hammers"] = asdict(result(hammers, seconds + _PATIENCE))
        report["crowd"] = json.loads(process.communicate(timeout=_PATIENCE)[0])
    finally:
        process.kill()
        process.communicate()
