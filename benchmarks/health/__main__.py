"""``make bench-health``: /health beside its peers, and the watching under attack; four minutes."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from benchmarks.health import asked, prepare, suffered, tables, watching
from benchmarks.health.cores import enough

RESULT = Path("build/bench-health.json")


def main() -> None:
    """Measure, print, write."""
    if not enough():
        raise SystemExit("make bench-health: it needs two cores: one that answers and one that asks")
    machine = f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}"
    print(machine)
    try:
        wrk = prepare.debian("wrk")
        rows, missing = asked.measure(wrk)
    except prepare.MissingError as error:
        raise SystemExit(f"make bench-health: {error}") from None
    tables.show_asked(rows, missing)
    phases, stamps, reports = watching.measure(wrk)
    figures = suffered.rows(phases, stamps)
    tables.show_suffered(figures)
    tables.show_attack(reports)
    result = {
        "machine": machine,
        "asked": rows,
        "missing": missing,
        "watching": figures,
        "attack": reports,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1))
    print(f"\nWritten to {RESULT}.")


main()
