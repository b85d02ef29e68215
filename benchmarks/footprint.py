"""What the sidecar weighs: memory and CPU by import, each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

ROUNDS = 5
STEPS = (
    ("bare interpreter", "import sys"),
    ("asyncio", "import asyncio"),
    ("uvloop", "import uvloop"),
    ("psutil", "import psutil"),
    ("msgspec", "import msgspec"),
    ("structlog", "import structlog"),
    ("aiohttp (client and server)", "import aiohttp, aiohttp.web"),
    ("the sidecar itself", "import sidecar.wiring, sidecar.cli.run"),
)
_PROBE = """
import os, time
for line in {lines!r}: exec(line)
print(time.process_time(), open("/proc/self/statm").read().split()[1])
"""
_PAGE = 4096


def imports() -> list[tuple[str, float, float]]:
    """For each step on top of those before: its name, CPU milliseconds and resident MiB it adds."""
    rows, cpu_before, rss_before = [], 0.0, 0.0
    for i, (name, _) in enumerate(STEPS):
        lines = [line for _, line in STEPS[: i + 1]]
        runs = [_run(lines) for _ in range(ROUNDS)]
        cpu, rss = median(run[0] for run in runs) * 1000, median(run[1] for run in runs)
        rows.append((name, cpu - cpu_before, rss - rss_before))
        cpu_before, rss_before = cpu, rss
    return rows


def _run(lines: list[str]) -> tuple[float, float]:
    """CPU seconds and resident MiB of a fresh interpreter that runs these lines."""
    program = _PROBE.format(lines=lines)
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    cpu, pages = out.split()
    return float(cpu), int(pages) * _PAGE / 2**20


def measure() -> dict[str, float]:
    """A row for each figure of an import."""
    rows = {}
    for name, cpu, rss in imports():
        rows[f"import {name}: cpu_ms"] = cpu
        rows[f"import {name}: rss_mib"] = rss
    return rows


if __name__ == "__main__":
    for label, figure in measure().items():
        print(f"{label:44} {figure:9.2f}")
