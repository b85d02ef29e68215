"""wrk, which asks again as soon as it is answered, over connections that are kept open."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.health.cores import ASKING, on

_REPORT = """
done = function(summary, latency)
  local e = summary.errors
  local function ms(part) return summary.requests > 0 and latency:percentile(part) / 1e3 or "null" end
  io.stderr:write(string.format('{"per_s": %f, "p50_ms": %s, "p99_ms": %s, "failed": %d}',
    summary.requests / summary.duration * 1e6, ms(50), ms(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What came of it."""

    per_s: float
    """Answers."""
    p50_ms: float | None
    """None without any answer, like the next."""
    p99_ms: float | None
    failed: int
    """Connections refused or cut, answers of 4xx and 5xx or none at all."""


@contextmanager
def asking(wrk: list[str], address: str, connections: int, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """Ask for so long, beside whatever is done meanwhile; `result` says what came of it."""
    with tempfile.TemporaryDirectory() as name:
        script = Path(name) / "report.lua"
        script.write_text(_REPORT)
        command = [
            *wrk,
            "-t1",
            f"-c{connections}",
            f"-d{seconds:.0f}s",
            "-s",
            str(script),
            f"http://{address}",
        ]
        process = subprocess.Popen(
            on(ASKING, command), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def result(process: subprocess.Popen[str], patience: float) -> Load:
    """Wait for its end."""
    _, said = process.communicate(timeout=patience)
    try:
        return Load(**json.loads(said))
    except ValueError:
        raise SystemExit(f"make bench-health: wrk did not work: {said.strip()}") from None


def load(wrk: list[str], address: str, connections: int, seconds: float) -> Load:
    """Ask, and nothing beside it."""
    with asking(wrk, address, connections, seconds) as process:
        return result(process, seconds + 20)
