"""``make bench-unit``: kill -9 → seen, → listening, → proven, by supervisor; two minutes, as root.

A systemd is booted over this machine's root, which stays as it is (tests/booted). Ratios are of medians.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from statistics import median, quantiles

from benchmarks.unit.ways import ALONE

CHECKOUT = Path(__file__).parents[2]
RESULT = Path("build/bench-unit.json")
PYTHON = "/usr/bin/python3"
TITLES = {
    "smallest": "The smallest server (perl)",
    "standin": "The stand-in of the Cloud Server",
}
STEPS = ("seen", "listening", "proven")
Figures = dict[str, float]


def wheels(directory: Path) -> Path:
    """The package and all that it needs, for the Python that Debian has."""
    subprocess.run([PYTHON, "-m", "venv", directory / "venv"], check=True)
    pip = (directory / "venv/bin/pip", "wheel", "-q", "--disable-pip-version-check")
    subprocess.run((*pip, "-w", directory / "wheels", f"{CHECKOUT}[standin]"), check=True)
    return directory / "wheels"


def boot(directory: Path) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Milliseconds by part, way and step."""
    results = directory / "results"
    results.mkdir()
    output = results / "output"
    output.touch()
    environment = {**os.environ, "WHEELS": str(wheels(directory)), "CHECKOUT": str(CHECKOUT)}
    command = [CHECKOUT / "tests/booted/boot.sh", CHECKOUT / "benchmarks/unit/prepare.sh", results]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{output.read_text()}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    found: dict[str, dict[str, dict[str, list[float]]]] = json.loads((results / "took.json").read_text())
    return found


def figures(times: list[float]) -> Figures:
    """In short."""
    return {"median": median(times), "p95": quantiles(times, n=20, method="inclusive")[-1], "n": len(times)}


def summary(part: dict[str, dict[str, list[float]]]) -> dict[str, dict[str, Figures]]:
    """By way and step, with the ratio to the floor where that has such a step."""
    rows = {
        way: {step: figures(took[step]) for step in STEPS if len(took.get(step, [])) > 1}
        for way, took in part.items()
    }
    for row in rows.values():
        for step, figure in row.items():
            if step in rows[ALONE.name]:
                figure["ratio"] = figure["median"] / rows[ALONE.name][step]["median"]
    return rows


def show(rows: dict[str, dict[str, Figures]]) -> None:
    """A table: median, p95 (n) and the ratio, three times."""
    print(f"  {'':26}" + "".join(f"{'→ ' + step:^36}" for step in STEPS))
    print(f"  {'':26}" + f"{'median':>9}{'p95':>9}{'n':>5}{'ratio':>9}    " * len(STEPS))
    for way, row in rows.items():
        print(f"  {way:26}" + "".join(_cell(row.get(step)) for step in STEPS))


def _cell(figure: Figures | None) -> str:
    if figure is None:
        return f"{'—':>9}" + " " * 27
    ratio = f"{figure['ratio']:9.2f}" if "ratio" in figure else " " * 9
    return f"{figure['median']:9.1f}{figure['p95']:9.1f}{figure['n']:5.0f}{ratio}    "


def main() -> None:
    """Boot, look, print, write."""
    if os.getuid() != 0:
        raise SystemExit("make bench-unit: only root can boot a system")
    with tempfile.TemporaryDirectory() as name:
        took = boot(Path(name))
    result = {part: summary(rows) for part, rows in took.items()}
    for part, rows in result.items():
        print(f"\n{TITLES[part]}: ms after kill -9; ratio to {ALONE.name}")
        show(rows)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1))
    print(f"\nWritten to {RESULT}.")


main()
