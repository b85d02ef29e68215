"""A stand-in with a knee that is known, and a search for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.standin import StandinProcess, starting

DEADLINE = 300
QUICK = ("--duration", "200ms", "--ramp", "500", "--rate", "20")
"""Of each try: a second, most of it for the start of Python."""


@contextmanager
def standin(folder: Path, knee: float, noise: float = 0.0, seed: int = 1) -> Iterator[StandinProcess]:
    """It carries `knee` clients, or half of the times so many, and by `noise` more or less."""
    settings = [f"STANDIN_KNEE={knee}", f"STANDIN_KNEE_NOISE={noise}", f"STANDIN_KNEE_SEED={seed}"]
    command = ("env", *settings, sys.executable, "-m", "cloudserver")
    folder.mkdir(parents=True, exist_ok=True)
    with starting(folder, "--port", "0", "--habit", "knee", command=command) as process:
        process.wait_for("/fermat\n")
        yield process


def begin(server: StandinProcess, *flags: str) -> subprocess.Popen[str]:
    """A search; its results go beside the server's own files."""
    url = server.url.replace("http", "ws")
    command = [sys.executable, "-m", "loadgen", "stress", "--url", url, "--out", str(server.directory / "r")]
    pipe = subprocess.PIPE
    return subprocess.Popen([*command, *flags], stdout=pipe, stderr=pipe, text=True)


class Searched:
    """A search that is over."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        try:
            self.out, self.err = process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
        assert "Traceback" not in self.err, self.err
        self.code = process.returncode

    @property
    def found(self) -> dict[str, Any]:
        """What ``--json`` printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def search(server: StandinProcess, flags: Sequence[str]) -> Searched:
    """All of one."""
    return Searched(begin(server, *QUICK, "--json", *flags))
