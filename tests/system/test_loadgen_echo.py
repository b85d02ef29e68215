"""`python -m loadgen echo` has all that a run of Cloud Clients has, against any WebSocket server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.authority import authority
from support.echoing import echo_server
from support.loading import DEADLINE, Ended, end, eventually, holding, seconds_so_far, workers

MISSED = """
clients = 5
thresholds = ["echo response p50 < 0.001ms"]
[[stage]]
duration = "1s"
rate = "20/s"
[[mix]]
do = "echo"
[[mix]]
do = "echo"
think = "0.1s"
"""
SHORT = ("--connections", "50", "--rate", "500", "--duration", "1", "--seed", "7")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with echo_server() as found:
        yield found


def begin(tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "loadgen", *words]
    return subprocess.Popen(command, cwd=tmp_path, stdout=-1, stderr=-1, text=True)


def echo(tmp_path: Path, url: str, *flags: str) -> Ended:
    return end(begin(tmp_path, "echo", "--url", url, "--out", "r", *flags))


def files(tmp_path: Path) -> list[str]:
    return sorted(str(path) for path in tmp_path.glob("r/*/run.jsonl"))


def all_came_back(ended: Ended, messages: int = 500) -> dict[str, Any]:
    summary = ended.summary
    assert (ended.code, summary["verdict"]) in ((0, "PASS"), (4, "INVALID")), summary["reasons"]
    assert summary["messages"]["scheduled"] == summary["messages"]["answered"] == messages
    assert summary["clients"]["left"] == summary["clients"]["asked"]
    assert summary["errors"] == {}
    assert summary["operations"].keys() == {"connect", "tcp", "upgrade", "echo"}
    return summary


def test_what_came_back_is_told_as_it_happens_and_at_the_end(tmp_path: Path, url: str):
    ended = echo(tmp_path, url, *SHORT)
    assert ended.out.startswith(("PASS: all 50 clients were open and held, all 500 messages", "INVALID"))
    assert "50 asked, 50 open" in ended.out
    assert "registered" not in ended.out + ended.err
    assert "of 50 open" in ended.err
    quiet = echo(tmp_path, url, *SHORT, "--quiet", "--json")
    assert quiet.err == ""
    all_came_back(quiet)


@pytest.mark.parametrize("size", ["128", "8B-3KiB"])
def test_workers_shards_and_one_alone_send_the_same(tmp_path: Path, url: str, size: str):
    flags = (*SHORT, "--size", size, "--json", "--quiet")
    alone = all_came_back(echo(tmp_path, url, *flags))
    together = all_came_back(echo(tmp_path, url, *flags, "--workers", "3"))
    assert together["plan"] == alone["plan"]
    (one, _) = files(tmp_path)
    halves = [
        begin(tmp_path, "echo", "--url", url, "--out", "h", *flags, "--shard", f"{i}/2") for i in (0, 1)
    ]
    for half in halves:
        end(half)
    parts = sorted(str(path) for path in tmp_path.glob("h/*/run.jsonl"))
    merged = end(begin(tmp_path, "merge", *parts, "--json"))
    assert merged.code == 0
    assert merged.summary["messages"]["answered"] == 500
    assert merged.summary["plan"] == json.loads(end(begin(tmp_path, "report", one, "--json")).out)["plan"]


def test_its_file_can_be_reported_compared_and_exported(tmp_path: Path, url: str):
    for _ in range(2):
        all_came_back(echo(tmp_path, url, *SHORT, "--json", "--quiet"))
    old, new = files(tmp_path)
    report = end(begin(tmp_path, "report", old))
    assert "connect to open" in report.out
    assert ",echo," in end(begin(tmp_path, "report", old, "--csv")).out
    assert 'operation="echo"' in end(begin(tmp_path, "report", old, "--prometheus")).out
    compared = end(begin(tmp_path, "compare", old, new))
    assert (compared.code, "echo response p99" in compared.out) == (0, True)


def test_a_run_that_is_killed_keeps_its_seconds(tmp_path: Path, url: str):
    loading = begin(tmp_path, "echo", "--url", url, "--out", "r", "--duration", "60", "--quiet")
    eventually(lambda: holding(tmp_path) and len(seconds_so_far(tmp_path)) > 2)
    loading.kill()
    loading.communicate(timeout=DEADLINE)
    report = end(begin(tmp_path, "report", *files(tmp_path), "--json")).summary
    assert report["verdict"] == "INVALID"
    assert report["messages"]["answered"] > 0


def test_a_run_that_is_interrupted_says_goodbye(tmp_path: Path, url: str):
    loading = begin(tmp_path, "echo", "--url", url, "--out", "r", "--duration", "60", "--json", "--quiet")
    eventually(lambda: holding(tmp_path))
    loading.send_signal(signal.SIGINT)
    ended = end(loading)
    assert (ended.code, ended.summary["verdict"]) == (130, "INTERRUPTED")
    assert ended.summary["clients"]["left"] == 100


def test_a_worker_that_is_killed_is_lost(tmp_path: Path, url: str):
    flags = ("--connections", "80", "--duration", "4", "--workers", "4", "--json", "--quiet")
    loading = begin(tmp_path, "echo", "--url", url, "--out", "r", *flags)
    eventually(lambda: holding(tmp_path))
    workers(loading)[1].kill()
    ended = end(loading)
    assert (ended.code, ended.summary["verdict"]) == (4, "INVALID")
    assert (ended.summary["clients"]["lost"], ended.summary["clients"]["left"]) == (20, 60)


def test_headers_and_a_subprotocol_reach_the_server(tmp_path: Path):
    seen: list[str] = []
    flags = ("--header", "X-One: 1", "--subprotocol", "v2.chat", "--source", "127.0.0.1", "--json")
    with echo_server(seen, "v2.chat") as url:
        all_came_back(echo(tmp_path, url, *SHORT, *flags))
    assert seen == ["1"] * 50


def test_who_is_vouched_for_by_an_authority_of_ones_own_is_trusted(tmp_path: Path):
    trusted = authority(tmp_path)
    flags = ("--connections", "4", "--rate", "40", "--duration", "1", "--json", "--quiet")
    with echo_server(tls=trusted.server()) as url:
        all_came_back(echo(tmp_path, url, *flags, "--ca", "ca.pem", "--workers", "2"), 40)
        ended = echo(tmp_path, url, *flags)
    assert (ended.code, ended.summary["errors"]) == (1, {"certificate not trusted": 4})


def test_a_missed_threshold_of_a_plan_file_is_a_failure(tmp_path: Path, url: str):
    (tmp_path / "plan.toml").write_text(f'url = "{url}"\n{MISSED}')
    ended = end(begin(tmp_path, "--plan", "plan.toml", "--json", "--quiet"))
    assert ended.code in {1, 4}
    assert ended.summary["missed"][0].startswith("missed echo response p50 < 0.001ms: it is ")
    assert ended.summary["messages"]["answered"] > 30


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--source", "192.0.2.1"), "source: 192.0.2.1 must be an address of this machine"),
        (("--source", "here"), "--source: must be addresses of this machine"),
        (("--header", "x"), "--header: must be like"),
        (("--header", "Sec-WebSocket-Key: x"), "--header: Sec-WebSocket-Key is the WebSocket upgrade's own"),
        (("--subprotocol", "a b"), "--subprotocol: must be one word"),
        (("--size", "1"), "--size: must be at least 8B"),
        (("--size", "64-12"), "--size: '64B-12B' ends before it begins"),
        (("--ca", "nowhere.pem"), "ca: belongs to wss://"),
        (("--url", "wss://127.0.0.1:1", "--ca", "nowhere.pem"), "nowhere.pem is no file of certificates"),
        (("--preset", "smoke", "--size", "9"), "--size: is for echoes"),
    ],
)
def test_bad_flags_are_refused_in_a_line(tmp_path: Path, flags: tuple[str, ...], words: str):
    ended = echo(tmp_path, "ws://127.0.0.1:1/", *flags)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert words in ended.err
