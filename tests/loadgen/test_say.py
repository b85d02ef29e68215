"""A screen, a pipe or a disk that takes nothing more does not change what a run is worth."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from fermatkit.errors import ExitCode
from loadgen import results
from loadgen.summary import Summary

FULL = Path("/dev/full")


def run(tmp_path: Path, *, out: int, err: int) -> subprocess.CompletedProcess[str]:
    """One client, whom nobody lets in: a run that ends at once, with FAIL."""
    flags = ("--url", "ws://127.0.0.1:1", "--connections", "1", "--duration", "0", "--out", str(tmp_path))
    command = [sys.executable, "-m", "loadgen", *flags]
    return subprocess.run(command, stdout=out, stderr=err, text=True, check=False, timeout=60)


def test_a_summary_that_cannot_be_printed_is_in_the_file_and_the_verdict_stays(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        ended = run(tmp_path, out=full.fileno(), err=subprocess.PIPE)
    assert ended.returncode == ExitCode.UNHEALTHY
    (path,) = tmp_path.glob("*/run.jsonl")
    last = ended.stderr.splitlines()[-1]
    why = "the summary could not be printed (No space left on device)"
    assert last == f"fermat-loadgen: {why}; it is in {path}"
    assert "Exception" not in ended.stderr


def test_progress_that_nobody_can_take_does_not_end_the_run(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        ended = run(tmp_path, out=subprocess.PIPE, err=full.fileno())
    assert ended.returncode == ExitCode.UNHEALTHY
    assert ended.stdout.startswith("FAIL: 1 of 1 clients were never registered")


def test_nor_does_a_reader_who_has_left(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = run(tmp_path, out=writing, err=writing)
    finally:
        os.close(writing)
    assert ended.returncode == ExitCode.UNHEALTHY
    (path,) = tmp_path.glob("*/run.jsonl")
    assert type(results.read(path)[-1]) is Summary
