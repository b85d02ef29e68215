"""A short one, as `make soak` runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.soak.__main__ import verdict
from benchmarks.soak.memory import Growth

ROOT = Path(__file__).parents[3]
GOOD = {
    "verdict": "PASS",
    "reasons": [],
    "clients": {"asked": 3, "registered": 3, "lost": 0},
}
FLAT, GROWS = Growth(100, 0, 2**21), Growth(100, 2**22, 2**21)


def test_a_few_clients_for_a_few_seconds(tmp_path: Path):
    out = tmp_path / "soak.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--clients", "20", "--minutes", "0.1", "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = json.loads(out.read_text())
    assert (done.returncode, found["against"]) == (0, []), done.stdout + done.stderr
    assert found["summary"]["clients"]["registered"] == 20
    assert found["growth"]["generator"]["bytes"] < 2**20
    assert found["rows"][0]["stand-in_rss"] > 2**20
    assert "20 held, none lost" in done.stdout


def test_whatever_speaks_against_a_run_is_told():
    assert verdict(GOOD, {"generator": FLAT}) == []
    late = GOOD | {"verdict": "INVALID", "reasons": ["the generator sent its messages late"]}
    assert verdict(late, {"generator": FLAT}) == [], "how late it was says nothing of memory and losses"
    lost = GOOD | {"clients": {"asked": 3, "registered": 3, "lost": 1}, "verdict": "FAIL", "reasons": ["one"]}
    assert verdict(lost, {}) == ["one", "3 of 3 registered, 1 lost"]
    assert "grows by 144.0 MiB an hour" in verdict(GOOD, {"generator": GROWS})[0]
    assert "unknown" in verdict(GOOD, {"stand-in": None})[0]
    assert verdict({}, {}) == ["loadgen ended without a summary"]
