"""`python -m loadgen` as its users run it, against the stand-in Cloud Server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from fermatkit.errors import ExitCode
from loadgen import results
from loadgen.results import Run, Second
from loadgen.summary import Summary
from loadgen.trouble import SYN_AGAIN

DEADLINE = 60


class Standin(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int

    def take_up(self, habit: str) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/standin/habits/{habit}", method="POST"
        )
        urllib.request.urlopen(request, timeout=5).close()


class Ended(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads(self.out)


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[Standin]:
    folder = tmp_path / "server"
    folder.mkdir()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "cloudserver", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: listens(port))
        yield Standin(process, port)
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def eventually(condition: Any) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def start(tmp_path: Path, port: int, *flags: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "loadgen",
        "--url",
        f"ws://127.0.0.1:{port}",
        "--out",
        str(tmp_path / "r"),
    ]
    pipe = subprocess.PIPE
    return subprocess.Popen([*command, *flags], cwd=tmp_path, stdout=pipe, stderr=pipe, text=True)


def end(process: subprocess.Popen[str]) -> Ended:
    try:
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
    assert "Traceback" not in err
    return Ended(process.returncode, out, err)


def run(tmp_path: Path, port: int, *flags: str) -> Ended:
    return end(start(tmp_path, port, *flags))


def run_that_counts(tmp_path: Path, port: int, *flags: str) -> tuple[Ended, Path]:
    """A run, repeated where the program itself says that this machine was too busy for it to count."""
    for attempt in range(3):
        directory = tmp_path / f"attempt-{attempt}"
        directory.mkdir()
        ended = run(directory, port, *flags)
        if ended.code != ExitCode.INVALID_RUN:
            break
    return ended, directory


def seconds_so_far(tmp_path: Path) -> list[Second]:
    return [
        line for path in tmp_path.glob("r/*/run.jsonl") for line in results.read(path) if type(line) is Second
    ]


def holding(tmp_path: Path) -> bool:
    return any(second.phase == "holding" for second in seconds_so_far(tmp_path))


def test_hundreds_of_clients_are_registered_and_held(tmp_path: Path, standin: Standin):
    flags = ("--connections", "300", "--duration", "4s", "--rate", "100", "--json")
    ended, _ = run_that_counts(tmp_path, standin.port, *flags)
    summary = ended.summary
    assert (ended.code, summary["verdict"], summary["reasons"]) == (0, "PASS", [])
    assert summary["clients"] == {
        "asked": 300,
        "open": 300,
        "registered": 300,
        "lost": 0,
        "failed": 0,
        "unfinished": 0,
        "left": 300,
        "aborted": 0,
        "departed": 0,
    }
    assert summary["errors"] == {}
    assert summary["messages"]["answered"] == summary["messages"]["scheduled"] == 400
    latency = summary["latency_ms"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["p99.9"] <= latency["max"]
    budget, first, *_ = ended.err.splitlines()
    assert budget.startswith("needs ")
    assert first.startswith("1 s ")


def test_the_result_file_adds_up_to_the_summary(tmp_path: Path, standin: Standin):
    flags = ("--connections", "20", "--duration", "2", "--seed", "7", "--quiet")
    ended, directory = run_that_counts(tmp_path, standin.port, *flags)
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.startswith("PASS: all 20 clients were registered and held, all 400 messages answered.\n")
    (path,) = directory.glob("r/*/run.jsonl")
    assert ended.out.endswith(f"results   {path}\nreport    {path.with_name('report.html')}\n")
    first, *lines, last = results.read(path)
    seconds = [line for line in lines if isinstance(line, Second)]  # others are of the server
    assert isinstance(first, Run)
    assert first.plan.seed == 7
    assert isinstance(last, Summary)
    assert sum(second.tally.accounts["list"].answered for second in seconds) == last.messages.answered == 400


def test_a_server_that_blocks_half_way(tmp_path: Path, standin: Standin):
    loading = start(tmp_path, standin.port, "--connections", "200", "--duration", "4", "--json", "--quiet")
    eventually(lambda: holding(tmp_path))
    standin.take_up("blocked")
    ended = end(loading)
    summary = ended.summary
    assert (ended.code, summary["verdict"]) == (1, "FAIL"), summary["reasons"]
    assert summary["clients"]["aborted"] == summary["clients"]["open"] == 200
    messages = summary["messages"]
    assert messages["sent"] == messages["answered"] + messages["in_flight"] == 800
    assert summary["errors"]["message not answered"] == messages["in_flight"] > 0


def test_a_server_killed_half_way_ends_the_run_at_once(tmp_path: Path, standin: Standin):
    flags = ("--connections", "200", "--duration", "5m", "--json")
    loading = start(tmp_path, standin.port, *flags)
    eventually(lambda: holding(tmp_path))
    standin.process.kill()
    ended = end(loading)
    summary = ended.summary
    # A machine that is shared may make the generator late: then it blames itself, too.
    assert (ended.code, summary["verdict"]) in ((1, "FAIL"), (4, "INVALID")), summary["reasons"]
    assert (summary["clients"]["registered"], summary["clients"]["lost"]) == (200, 200)
    endings = {"dropped without a close frame", "connection reset"}
    assert sum(count for kind, count in summary["errors"].items() if kind in endings) == 200


@pytest.mark.parametrize("when", ["ramping up", "holding"])
def test_ctrl_c_says_goodbye_and_reports(tmp_path: Path, standin: Standin, when: str):
    flags = ("--connections", "300", "--ramp", "100", "--duration", "5m", "--json")
    loading = start(tmp_path, standin.port, *flags)
    eventually(lambda: any(second.phase == when for second in seconds_so_far(tmp_path)))
    loading.send_signal(signal.SIGINT)
    began = time.monotonic()
    ended = end(loading)
    assert time.monotonic() - began < 10
    summary = ended.summary
    assert (ended.code, summary["verdict"], summary["exit_code"]) == (130, "INTERRUPTED", 130)
    clients = summary["clients"]
    assert clients["left"] == clients["open"] > 0
    assert clients["registered"] + clients["unfinished"] == 300
    assert bool(clients["unfinished"]) == (when == "ramping up")
    (path,) = tmp_path.glob("r/*/run.jsonl")
    assert isinstance(results.read(path)[-1], Summary)


def test_a_killed_run_keeps_what_it_had(tmp_path: Path, standin: Standin):
    loading = start(tmp_path, standin.port, "--connections", "50", "--duration", "5m")
    eventually(lambda: holding(tmp_path))
    loading.kill()
    loading.communicate(timeout=DEADLINE)
    kept = seconds_so_far(tmp_path)
    assert sum(second.tally.accounts["connect"].answered for second in kept) == 50


def test_two_runs_of_one_seed_at_once_are_not_the_same_clients(tmp_path: Path, standin: Standin):
    flags = ("--connections", "50", "--duration", "2", "--rate", "50", "--seed", "7", "--json", "--quiet")
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    for ended in [end(run) for run in [start(folder, standin.port, *flags) for folder in folders]]:
        assert ended.summary["errors"] == {}
        assert ended.summary["clients"]["left"] == ended.summary["messages"]["answered"] / 2 == 50
    one, other = (results.read(next(folder.glob("r/*/run.jsonl")))[0] for folder in folders)
    assert isinstance(one, Run)
    assert isinstance(other, Run)
    assert 0 != one.plan.identities != other.plan.identities != 0
    assert msgspec.structs.replace(one.plan, identities=other.plan.identities) == other.plan


def test_a_server_that_is_not_there(tmp_path: Path):
    ended = run(tmp_path, free_port(), "--connections", "5000", "--json")
    summary = ended.summary
    assert (ended.code, summary["verdict"]) == (1, "FAIL"), summary["reasons"]
    assert summary["seconds"] < 15
    assert summary["errors"].keys() == {"connection refused"}
    assert summary["clients"]["registered"] == 0
    assert summary["latency_ms"]["p50"] is None


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--connections", "0", "--rate", "-1"), ("--connections: must be at least 1", "--rate: '-1/s'")),
        (("--preset", "smoke", "--workers", "2"), ("the plan has pairs", "--workers")),
        (("--connections", "many"), ("--connections",)),
        (("--duration", "5 parsecs"), ("--duration", "parsecs")),
        (("--url", "ws://192.0.3.1:9090"), ("--i-may-load-this-host",)),
        (("--url", "http://127.0.0.1:9090"), ("url: must be like", "ws://127.0.0.1:9090")),
        (("--frobnicate",), ("--frobnicate",)),
        (("--out", "/dev/null/here"), ("/dev/null/here", "--out")),
    ],
)
def test_bad_flags_are_refused_in_a_line(tmp_path: Path, flags: tuple[str, ...], words: tuple[str, ...]):
    ended = run(tmp_path, free_port(), *flags)
    assert ended.code == 2
    assert ended.out == ""
    assert all(word in ended.err for word in words)


def test_it_runs_without_uvloop(tmp_path: Path, standin: Standin):
    (tmp_path / "uvloop.py").write_text("raise ImportError\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    url = f"ws://127.0.0.1:{standin.port}"
    command = [sys.executable, "-m", "loadgen", "--connections", "20", "--duration", "1", "--url", url]
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert done.stderr.count("Traceback") == 0
    assert (done.returncode, done.stdout.partition(":")[0]) in ((0, "PASS"), (4, "INVALID"))
    assert list(tmp_path.glob("loadgen-results/*/run.jsonl"))


def test_five_thousand_of_five_thousand(tmp_path: Path, standin: Standin):
    flags = ("--connections", "5000", "--ramp", "500", "--duration", "5", "--json", "--quiet")
    ended = run(tmp_path, standin.port, *flags)
    summary = ended.summary
    assert summary["errors"].keys() <= {SYN_AGAIN}  # a busy machine is slow to accept
    assert summary["clients"]["open"] == summary["clients"]["left"] == 5000
    assert ended.code in {0, 4}, summary  # 4: this machine was too busy
