"""`make soak`, `python -m benchmarks.soak` → a line each half minute, a verdict and build/soak.json.

The clients are `python -m loadgen`'s, the server is the stand-in, a process of its own. Memory is what the
kernel says (RSS), of the generator with all its workers and of the stand-in, each second of the holding.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.soak.memory import Growth, growth
from loadgen.results import DECODER, Second

RESULT = Path("build/soak.json")
EACH = 30
"""Seconds between two lines."""
START_WITHIN, END_WITHIN = 60, 120
"""Seconds."""
_MIB = 2**20


class Progress:
    """What the result file of a run says so far: each look reads only what is new."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = 0
        self.last: Second | None = None
        self.errors: Counter[str] = Counter()
        """Of all seconds so far."""

    def look(self) -> None:
        """Take in the lines that were written since the last look."""
        for path in self._folder.glob("*/run.jsonl"):
            with path.open("rb") as file:
                file.seek(self._read)
                lines = file.read().split(b"\n")[:-1]
            self._read += sum(len(line) + 1 for line in lines)
            for second in (line for line in map(DECODER.decode, lines) if isinstance(line, Second)):
                self.last = second
                self.errors.update(second.tally.errors)


class Soak:
    """One run over one stand-in, seen from outside."""

    def __init__(self, folder: Path, generator: psutil.Process, server: psutil.Process) -> None:
        self.progress = Progress(folder)
        self.memory: dict[str, list[tuple[float, int]]] = {"generator": [], "stand-in": []}
        self.rows: list[dict[str, float | int | str]] = []
        self._processes = {"generator": generator, "stand-in": server}
        self._most = 0

    def look(self, at: float) -> None:
        """Note what there is `at` seconds after the start."""
        self.progress.look()
        last = self.progress.last
        if last is None:
            return
        self._most = max(self._most, last.registered)
        held = last.phase == "holding"
        sizes = {name: _resident(process) for name, process in self._processes.items()}
        if None in sizes.values():
            return  # one of them ends just now
        for name, size in sizes.items():
            if held and size is not None:
                self.memory[name].append((at, size))
        if not self.rows or at >= float(self.rows[-1]["at"]) + EACH:
            self._line(round(at), last, {name: size or 0 for name, size in sizes.items()})

    def _line(self, at: int, last: Second, sizes: dict[str, int]) -> None:
        lost = self._most - last.registered if last.phase in {"ramping up", "holding"} else 0
        row: dict[str, float | int | str] = {
            "at": at,
            "phase": last.phase,
            "open": last.registered,
            "lost": lost,
        }
        row |= {f"{name}_rss": size for name, size in sizes.items()}
        self.rows.append(row)
        memory = "".join(f"{size / _MIB:>13.1f}" for size in sizes.values())
        print(f"{at:>6} s  {last.phase:<20}{last.registered:>8,}{lost:>8,}{memory}", flush=True)


def _resident(process: psutil.Process) -> int | None:
    """Bytes of a process and its children; None when it has ended."""
    try:
        family = (process, *process.children(recursive=True))
        return sum(int(one.memory_info().rss) for one in family)
    except psutil.NoSuchProcess:
        return None


@contextmanager
def standin(directory: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Start one; its address, once it serves."""
    output = directory / "stdout"
    command = [sys.executable, "-m", "cloudserver", "--port", "0"]
    with (
        output.open("wb") as stdout,
        subprocess.Popen(command, cwd=directory, stdout=stdout, stderr=subprocess.STDOUT) as server,
    ):
        try:
            deadline = time.monotonic() + START_WITHIN
            while "/fermat\n" not in (text := output.read_text()):
                assert server.poll() is None, "the stand-in ended"
                assert time.monotonic() < deadline, "the stand-in does not start"
                time.sleep(0.05)
            address = text.partition("Server URI = ")[2].partition("/fermat")[0]
            yield address.replace("http", "ws"), psutil.Process(server.pid)
        finally:
            server.terminate()


def soaked(options: argparse.Namespace, directory: Path) -> tuple[Soak, dict[str, Any]]:
    """The run, and the summary it ended with."""
    with standin(directory) as (url, server), (directory / "summary").open("wb") as out:
        command = [sys.executable, "-m", "loadgen", "--json", "--quiet", "--url", url]
        command += ["--connections", str(options.clients), "--ramp", str(options.ramp), "--seed", "1"]
        command += ["--duration", f"{options.minutes * 60:g}s", "--rate", str(options.rate)]
        command += ["--workers", str(options.workers), "--out", str(directory / "results")]
        began = time.monotonic()
        deadline = began + options.clients / options.ramp + options.minutes * 60 + END_WITHIN
        with subprocess.Popen(command, stdout=out) as generator:
            soak = Soak(directory / "results", psutil.Process(generator.pid), server)
            try:
                while generator.poll() is None and time.monotonic() < deadline:
                    soak.look(time.monotonic() - began)
                    time.sleep(1)
            finally:
                generator.terminate()
    text = (directory / "summary").read_text()
    return soak, json.loads(text) if text else {}


def verdict(summary: dict[str, Any], grown: dict[str, Growth | None]) -> list[str]:
    """All that speaks against the run, in words; nothing: it is good."""
    if not summary:
        return ["loadgen ended without a summary"]
    clients = summary["clients"]
    found = [] if summary["verdict"] in {"PASS", "INVALID"} else list(summary["reasons"])
    if clients["lost"] or clients["registered"] != clients["asked"]:
        found.append(
            f"{clients['registered']:,} of {clients['asked']:,} registered, {clients['lost']:,} lost"
        )
    for name, one in grown.items():
        if one is None:
            found.append(f"the memory of the {name} is unknown: it was not held for long enough")
        elif not one.flat:
            found.append(f"the memory of the {name} grows by {one.per_hour / _MIB:.1f} MiB an hour")
    return found


def main() -> int:
    """Run it; 0 if nobody was lost and memory is flat, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--minutes", type=float, default=5, help="of holding")
    parser.add_argument("--ramp", type=float, default=250, help="connects a second")
    parser.add_argument("--rate", type=float, default=50, help="messages a second, beside the pings")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULT, help="where the figures go (%(default)s)")
    options = parser.parse_args()
    print(f"{'':<29}{'open':>8}{'lost':>8}{'generator MiB':>14}{'stand-in MiB':>13}")
    with tempfile.TemporaryDirectory() as name:
        soak, summary = soaked(options, Path(name))
    grown = {name: growth(samples) for name, samples in soak.memory.items()}
    against = verdict(summary, grown)
    for name, one in grown.items():
        if one is not None:
            print(f"{name}: {_grown(one)}")
    if summary.get("verdict") == "INVALID":
        print(f"of time this run proves nothing: {'; '.join(summary['reasons'])}")
    print(f"{'FAIL' if against else 'PASS'}: {'; '.join(against) or _good(summary)}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "clients": options.clients,
        "minutes": options.minutes,
        "workers": options.workers,
        "good": not against,
        "against": against,
        "growth": {name: one and {**one._asdict(), "per_hour": one.per_hour} for name, one in grown.items()},
        "errors": soak.progress.errors,
        "rows": soak.rows,
        "summary": summary,
    }
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(f"→ {options.out}")
    return 1 if against else 0


def _grown(one: Growth) -> str:
    return (
        f"{one.bytes / _MIB:+.2f} MiB in the last {one.seconds:,.0f} s of holding"
        f" ({one.per_hour / _MIB:+.1f} MiB an hour; flat is up to {one.allowed / _MIB:.1f} MiB)"
    )


def _good(summary: dict[str, Any]) -> str:
    pings, messages = summary["pings"], summary["messages"]
    return (
        f"{summary['clients']['registered']:,} held, none lost;"
        f" {pings['answered']:,} of {pings['sent']:,} pings and"
        f" {messages['answered']:,} of {messages['sent']:,} messages answered"
    )


if __name__ == "__main__":
    sys.exit(main())
