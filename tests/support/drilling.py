"""`loadgen drill` as a process, and whoever belongs to one."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from loadgen.drills.keeper import MARK

CLIENTS = 40
DEADLINE = 120


def start(tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "loadgen", "drill", *words, "--out", str(tmp_path / "r")]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True)


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
    assert "Traceback" not in err, err
    return process.returncode, out, err


def directory_of(process: subprocess.Popen[str]) -> str:
    """Where the drill is that this process does."""
    children = psutil.Process(process.pid).children(recursive=True)
    (found,) = {value for child in children if (value := child.environ().get(MARK))}
    return found


def belonging(directory: str) -> list[psutil.Process]:
    """Everybody who was started for this drill, and is not dead."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == directory and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
