"""Every plan with a name is carried out against the stand-in, smaller and shorter than it is written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from loadgen.scenario import presets
from loadgen.trouble import SYN_AGAIN
from support.echoing import echo_server
from support.standin import starting

DEADLINE = 120
SIZES = {
    "smoke": ("--duration", "12s"),
    "soak": ("--connections", "100", "--duration", "10s", "--ramp", "50/s"),
    "spike": ("--connections", "100", "--duration", "8s", "--rate", "200/s"),
    "stress": ("--connections", "100", "--duration", "8s", "--rate", "200/s"),
    "reconnect-storm": ("--connections", "100", "--duration", "27s"),
    "fanout": ("--connections", "100", "--duration", "5s", "--rate", "4/s"),
    "slow-readers": ("--connections", "50", "--duration", "6s", "--rate", "40/s"),
    "cold-burst": ("--connections", "100", "--duration", "5s"),
    "echo": ("--connections", "100", "--duration", "3s"),
}
EXPECTED = {
    "smoke": {"list", "discovery", "vpn", "relay", "service", "actor", "reconnect"},
    "soak": {"list", "discovery", "vpn", "relay", "service", "actor"},
    "spike": {"list"},
    "stress": {"list", "vpn", "relay"},
    "reconnect-storm": {"list", "service", "reconnect"},
    "fanout": {"vpn", "relay"},
    "slow-readers": {"list", "slow list"},
    "cold-burst": {"list", "service"},
    "echo": {"echo"},
}
"""What there must have been of each, all answered."""


def test_all_are_here() -> None:
    assert set(SIZES) == set(EXPECTED) == set(presets.NAMES)


@contextmanager
def _standin(folder: Path) -> Iterator[str]:
    with starting(folder, "--port", "0") as standin:
        standin.wait_for("Server URI = ")
        yield standin.url.replace("http:", "ws:")


def run(tmp_path: Path, *flags: str) -> tuple[int, dict[str, Any]]:
    """A run against a new server, repeated where this machine was too busy for it to count."""
    for attempt in range(3):
        folder = tmp_path / f"{attempt}"
        folder.mkdir()
        with echo_server() if "echo" in flags else _standin(folder) as url:
            command = [sys.executable, "-m", "loadgen", "--url", url, "--json", "--quiet", *flags]
            done = subprocess.run(
                command, cwd=folder, check=False, capture_output=True, text=True, timeout=DEADLINE
            )
        assert done.stderr == ""
        if done.returncode != 4:
            break
    return done.returncode, json.loads(done.stdout)


def adds_up(summary: dict[str, Any]) -> None:
    clients = summary["clients"]
    assert clients["asked"] == clients["registered"] + clients["failed"] + clients["unfinished"]
    assert clients["registered"] == clients["open"] + clients["lost"] + clients["departed"]
    assert clients["open"] == clients["left"] + clients["aborted"]
    for figures in summary["operations"].values():
        traffic = figures["traffic"]
        assert traffic["scheduled"] == traffic["unsent"] + traffic["sent"]
        assert traffic["sent"] == traffic["answered"] + traffic["lost"] + traffic["in_flight"]
        assert traffic["in_flight"] >= 0


@pytest.mark.parametrize("name", presets.NAMES)
def test_a_preset_is_carried_out(tmp_path: Path, name: str) -> None:
    code, summary = run(tmp_path, "--preset", name, "--seed", "5", *SIZES[name])
    adds_up(summary)
    assert (summary["verdict"], code) == ("PASS", 0), (summary["reasons"], summary["errors"])
    assert summary["errors"].keys() <= {SYN_AGAIN}  # a busy machine's server is slow to accept: not wrong
    for operation in EXPECTED[name]:
        traffic = summary["operations"][operation]["traffic"]
        assert traffic["answered"] == traffic["scheduled"] > 0, operation


MISSED = """
clients = 20
thresholds = ["response p50 < 0.001ms", "errors = 0", "list rate > 1/s"]
[ramp]
rate = "50/s"
[[stage]]
duration = "2s"
rate = "20/s"
[[mix]]
do = "lister"
weight = 10
[[mix]]
do = "duplicate"
weight = 5
after = "0.5s"
[[mix]]
do = "leaver"
weight = 5
after = "1s"
code = 1006
"""


def test_a_missed_threshold_is_a_failure_with_its_sentence(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(MISSED)
    code, summary = run(tmp_path, "--plan", str(path), "--seed", "3")
    adds_up(summary)
    assert (code, summary["verdict"]) == (1, "FAIL")
    assert summary["missed"][0].startswith("missed response p50 < 0.001ms: it is ")
    assert summary["clients"]["registered"] == 20
    assert summary["clients"]["lost"] == 0
    assert 5 < summary["clients"]["departed"] <= 10  # the leavers, and whom duplicates have replaced
