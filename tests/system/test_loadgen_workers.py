"""`python -m loadgen --workers`: one run by several processes, of which some come to harm."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from loadgen import results
from loadgen.results import Run, Second
from loadgen.schedule.events import Shard
from loadgen.summary import Summary
from support import standin as standing
from support.loading import end, eventually, holding, seconds_so_far, start, workers


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "server"
    folder.mkdir()
    with standing.starting(folder, "--port", "0") as standin:
        standin.wait_for("Server URI = ")
        yield standin.url.replace("http", "ws", 1)


def adds_up(summary: dict[str, Any]) -> None:
    clients = summary["clients"]
    assert clients["asked"] == clients["registered"] + clients["failed"] + clients["unfinished"]
    assert clients["registered"] == clients["open"] + clients["lost"]
    assert clients["open"] == clients["left"] + clients["aborted"]
    for kind in ("messages", "connects", "pings"):
        traffic = summary[kind]
        assert traffic["scheduled"] == traffic["unsent"] + traffic["sent"]
        assert traffic["sent"] == traffic["answered"] + traffic["lost"] + traffic["in_flight"]


def test_three_workers_are_one_run(tmp_path: Path, url: str):
    flags = ("--connections", "200", "--duration", "3", "--rate", "101", "--workers", "3", "--json")
    loading = start(tmp_path, url, *flags)
    eventually(lambda: holding(tmp_path))
    assert len(workers(loading)) == 3
    ended = end(loading)
    summary = ended.summary
    assert (summary["clients"]["open"], summary["clients"]["left"]) == (200, 200)
    assert summary["messages"]["answered"] == summary["messages"]["scheduled"] == 303
    assert summary["errors"] == {}
    assert ended.code in {0, 4}, summary  # 4: this machine was too busy
    adds_up(summary)
    (path,) = tmp_path.glob("r/*/run.jsonl")
    first, *between, last = results.read(path)
    seconds = [line for line in between if type(line) is Second]
    assert isinstance(first, Run)
    assert isinstance(last, Summary)
    assert [round(second.at) for second in seconds[:-1]] == list(range(1, len(seconds)))
    assert sum(second.tally.accounts["list"].answered for second in seconds) == 303
    assert max(second.registered for second in seconds) == 200


def test_a_worker_that_is_killed_is_lost_with_its_clients_and_the_others_go_on(tmp_path: Path, url: str):
    flags = ("--connections", "60", "--duration", "5", "--rate", "60", "--workers", "3", "--json")
    loading = start(tmp_path, url, *flags)
    eventually(lambda: holding(tmp_path))
    victim = workers(loading)[1]
    victim.kill()
    ended = end(loading)
    summary = ended.summary
    assert (ended.code, summary["verdict"]) == (4, "INVALID")
    name = f"worker 2 of 3 (pid {victim.pid})"
    assert summary["reasons"][0] == f"{name} was killed by SIGKILL: its 20 clients, 20 of them held, are lost"
    assert (summary["clients"]["lost"], summary["clients"]["left"]) == (20, 40)
    assert summary["errors"]["lost with its worker"] == 20
    assert summary["generator"]["cpu_seconds"] is None
    assert [second.registered for second in seconds_so_far(tmp_path)][-2] == 40
    adds_up(summary)


def test_a_worker_that_hangs_is_ended_and_told(tmp_path: Path, url: str):
    flags = ("--connections", "40", "--duration", "14", "--rate", "20", "--workers", "2", "--json")
    loading = start(tmp_path, url, *flags)
    eventually(lambda: holding(tmp_path))
    victim = workers(loading)[0]
    victim.suspend()
    seen = len(seconds_so_far(tmp_path))
    eventually(lambda: len(seconds_so_far(tmp_path)) > seen + 3)  # the file does not wait for it
    assert victim.is_running()
    ended = end(loading)
    summary = ended.summary
    assert (ended.code, summary["verdict"]) == (4, "INVALID")
    assert "had said nothing for 10 s and was ended" in summary["reasons"][0]
    assert not victim.is_running()
    assert summary["clients"]["lost"] == 20
    adds_up(summary)


@pytest.mark.parametrize("when", ["ramping up", "holding"])
def test_ctrl_c_at_a_terminal_ends_all_in_order(tmp_path: Path, url: str, when: str):
    flags = ("--connections", "200", "--ramp", "80", "--duration", "5m", "--workers", "2", "--json")
    loading = start(tmp_path, url, *flags)
    eventually(lambda: any(second.phase == when for second in seconds_so_far(tmp_path)))
    processes = workers(loading)
    loading.send_signal(signal.SIGINT)
    began = time.monotonic()
    ended = end(loading)
    assert time.monotonic() - began < 10
    summary = ended.summary
    assert (ended.code, summary["verdict"]) == (130, "INTERRUPTED")
    assert summary["clients"]["left"] == summary["clients"]["open"] > 0
    assert summary["clients"]["lost"] == 0
    assert not any(process.is_running() for process in processes)
    adds_up(summary)


def test_ctrl_c_before_anything_began(tmp_path: Path, url: str):
    loading = start(tmp_path, url, "--connections", "20", "--duration", "5m", "--workers", "2", "--json")
    eventually(lambda: workers(loading))
    loading.send_signal(signal.SIGINT)
    ended = end(loading)
    assert (ended.code, ended.summary["clients"]["unfinished"]) in ((130, 20), (130, 0))
    adds_up(ended.summary)


def test_workers_whose_leader_is_killed_say_goodbye_and_end(tmp_path: Path, url: str):
    loading = start(tmp_path, url, "--connections", "40", "--duration", "5m", "--workers", "2")
    eventually(lambda: holding(tmp_path))
    processes = workers(loading)
    loading.kill()
    loading.communicate()
    gone, alive = psutil.wait_procs(processes, timeout=10)
    assert (len(gone), alive) == (2, [])
    assert "Traceback" not in (tmp_path / "server" / "stderr").read_text()
    assert sum(second.tally.accounts["connect"].answered for second in seconds_so_far(tmp_path)) == 40


def test_workers_whose_leader_is_frozen_say_goodbye_and_end(tmp_path: Path, url: str):
    flags = ("--connections", "40", "--duration", "5m", "--workers", "2", "--json")
    loading = start(tmp_path, url, *flags)
    eventually(lambda: holding(tmp_path))
    processes = workers(loading)
    loading.send_signal(signal.SIGSTOP)
    eventually(lambda: all(process.status() == psutil.STATUS_ZOMBIE for process in processes))
    loading.send_signal(signal.SIGCONT)
    ended = end(loading)
    assert (ended.code, ended.summary["verdict"]) == (130, "INTERRUPTED"), ended.summary["reasons"]
    assert (ended.summary["clients"]["left"], ended.summary["clients"]["lost"]) == (40, 0)
    adds_up(ended.summary)


def test_a_worker_that_cannot_have_its_descriptors_refuses_for_all(tmp_path: Path, url: str):
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))

    command = [sys.executable, "-m", "loadgen", "--url", url, "--connections", "300", "--workers", "2"]
    done = subprocess.run(
        command, cwd=tmp_path, preexec_fn=limited, check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 4
    assert done.stdout == ""
    told = done.stderr.splitlines()
    assert len(told) == 1
    assert told[0].startswith("fermat-loadgen: worker ")
    assert "--connections 150 needs" in told[0]
    assert "file descriptors" in told[0]


def test_shards_are_runs_of_their_own_and_merge_into_one(tmp_path: Path, url: str):
    flags = ("--connections", "31", "--duration", "1", "--rate", "21", "--seed", "5", "--json")
    counts, paths = [], []
    for number in (0, 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        summary = end(start(folder, url, *flags, "--shard", f"{number}/2")).summary
        (path,) = folder.glob("r/*/run.jsonl")
        first = results.read(path)[0]
        assert isinstance(first, Run)
        assert first.shard == Shard(number, 2)
        assert first.plan.clients == 31
        counts.append((summary["clients"]["registered"], summary["messages"]["answered"]))
        paths.append(str(path))
    assert counts == [(16, 11), (15, 10)]
    command = [sys.executable, "-m", "loadgen", "merge", *paths, "--json"]
    merged = json.loads(subprocess.run(command, check=False, capture_output=True, timeout=60).stdout)
    assert (merged["clients"]["registered"], merged["messages"]["answered"]) == (31, 21)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--workers", "0"), "--workers is 0"),
        (
            ("--workers", "3", "--connections", "5", "--shard", "0/2"),
            "--connections is 5, but must be at least 6",
        ),
        (("--shard", "2/2"), "'2/2' is no shard"),
        (("--workers", "many"), "--workers"),
    ],
)
def test_bad_flags_are_refused_in_a_line(tmp_path: Path, flags: tuple[str, ...], words: str):
    ended = end(start(tmp_path, "ws://127.0.0.1:9", *flags))
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err.splitlines()[-1]


def test_a_worker_ends_by_itself_when_it_is_started_without_a_leader():
    done = subprocess.run(
        [sys.executable, "-m", "loadgen.crew.worker"],
        input="",
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (130, "")
