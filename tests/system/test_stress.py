"""`loadgen stress` against a stand-in whose knee is known. All 20 searches: make capacity."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from loadgen.record import load
from support.knees import QUICK, Searched, begin, search, standin
from support.standin import serving

FEW = ("--start", "30", "--resolution", "20", "--confidence", "70")
"""Enough to see that it works: four rounds."""


def the_file(folder: Path) -> Path:
    (path,) = folder.glob("r/*/capacity.json")
    return path


@pytest.mark.parametrize(("knee", "noise"), [(47, 0.0), (60, 0.03)])
def test_the_known_knee_lies_in_the_interval(tmp_path: Path, knee: int, noise: float) -> None:
    with standin(tmp_path, knee, noise) as server:
        done = search(server, FEW)
    found = done.found
    assert done.code == 0
    assert found["low"] <= knee < found["high"]
    assert found["confidence"] >= 0.7
    assert json.loads(the_file(tmp_path).read_bytes()) == found
    steps = [step for one in found["rounds"] for step in one["steps"]]
    for step in steps:
        run = load(the_file(tmp_path).parent / step["file"])
        assert run.summed().clients.asked == step["load"]
        if step["carried"] is not None:  # another test may have been too much for the generator
            assert step["carried"] == (run.summed().clients.failed == 0)
    assert len({load(the_file(tmp_path).parent / step["file"]).run.plan.seed for step in steps}) == len(steps)
    assert done.err.count("carried") == len(steps)


def test_messages_a_second_can_be_searched_for_too(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        flags = ("--by", "rate", "--start", "50", "--most", "100", "--rounds", "1", "--connections", "5")
        done = search(server, flags)
    found = done.found
    assert (done.code, found["by"], found["low"], found["high"]) == (0, "rate", 100, None)
    assert found["because"] == "every load was carried"


def running(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


def after_some_tries(folder: Path, process: subprocess.Popen[str]) -> dict[str, Any]:
    """What the file says while the third try is running."""
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline
        time.sleep(0.02)
        files = list(folder.glob("r/*/capacity.json"))
        if files and len(list(folder.glob("r/*/steps/*"))) > 2 and running(process):
            found: dict[str, Any] = json.loads(files[0].read_bytes())
            return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_broken_off_it_tells_what_was_found_and_leaves_no_load(tmp_path: Path, number: int) -> None:
    with standin(tmp_path, 1000) as server:
        process = begin(server, *QUICK, "--duration", "2s", "--json")
        assert after_some_tries(tmp_path, process)["because"] == "the search is not over"
        child, *_ = running(process)
        process.send_signal(number)
        done = Searched(process)
    assert done.code == 130
    assert done.found["invalid"] == ["the search was broken off"]
    assert done.found["low"] in {0, 200}
    assert not child.is_running()


def test_killed_it_leaves_its_file_and_no_load(tmp_path: Path) -> None:
    with standin(tmp_path, 1000) as server:
        process = begin(server, *QUICK, "--duration", "30s")
        deadline = time.monotonic() + 30
        while not (tries := running(process)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(2)  # it holds
        process.kill()
        tries[0].wait(timeout=15)
        process.communicate()


def test_without_a_server_there_is_nothing_to_find(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        pass
    done = Searched(begin(server))
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    url = server.url.replace("http", "ws")
    assert done.err.startswith(f"fermat-loadgen: nobody can be loaded at {url}: ")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--start", "0"), "--start is 0, but must be at least 1"),
        (("--most", "9"), "--most is 9, less than --start, 100"),
        (("--shard", "0/2"), "--shard is a part of a plan"),
        (("--conections", "9"), "unrecognized arguments: --conections"),
        (("--confidence", "100"), "--confidence must be above 0, and at most 99.9 percent"),
        (("--url", "ws://example.org:80"), "neither a loopback nor a private address"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, flags: tuple[str, ...], words: str) -> None:
    with serving(tmp_path) as server:
        done = Searched(begin(server, *flags))
    assert done.code == 2
    assert done.out == ""
    assert words in done.err.splitlines()[-1]
    assert not list(tmp_path.glob("r/*/steps/*"))
