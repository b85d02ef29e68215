"""`python -m loadgen` as its users run it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from loadgen import results
from loadgen.results import Second

DEADLINE = 60


class Ended(NamedTuple):
    """A run that is over."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        """What ``--json`` printed."""
        summary: dict[str, Any] = json.loads(self.out)
        return summary


def start(tmp_path: Path, url: str, *flags: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Begin a run; its results go to `tmp_path`/r. `before` is a command that runs another."""
    command = [*before, sys.executable, "-m", "loadgen", "--url", url, "--out", str(tmp_path / "r"), *flags]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True)


def end(process: subprocess.Popen[str]) -> Ended:
    """Wait for its end, and see that it had no traceback."""
    try:
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
    assert "Traceback" not in err, err
    return Ended(process.returncode, out, err)


def eventually(condition: Callable[[], object]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def seconds_so_far(tmp_path: Path) -> list[Second]:
    """What the result files have of a run that may still run."""
    return [
        line for path in tmp_path.glob("r/*/run.jsonl") for line in results.read(path) if type(line) is Second
    ]


def holding(tmp_path: Path) -> bool:
    """It has been seen to hold its clients."""
    return any(second.phase == "holding" for second in seconds_so_far(tmp_path))


def workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The workers of a run, in the order in which they were started."""
    found = [
        child
        for child in psutil.Process(process.pid).children()
        if child.status() != psutil.STATUS_ZOMBIE and "loadgen.crew.worker" in child.cmdline()
    ]
    return sorted(found, key=lambda child: child.pid)
