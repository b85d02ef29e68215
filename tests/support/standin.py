"""A real stand-in Cloud Server as a child process, in a working directory of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

PATIENCE = 20.0
"""Seconds after which something that should happen at once is said not to happen."""
_READY = "Server URI = "


@dataclass(frozen=True)
class StandinProcess:
    """A running stand-in; what it prints is in `directory`/stdout and stderr."""

    process: subprocess.Popen[bytes]
    directory: Path

    @property
    def stdout(self) -> str:
        return (self.directory / "stdout").read_text()

    @property
    def stderr(self) -> str:
        return (self.directory / "stderr").read_text()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return self.stdout.partition(_READY)[2].partition("/fermat")[0]

    def wait_for(self, text: str) -> None:
        """Wait until `text` stands in what it printed."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.stdout:
            assert self.process.poll() is None, f"it ended: {self.stderr}"
            assert time.monotonic() < deadline, f"no {text!r} in {self.stdout!r}"
            time.sleep(0.01)


@contextmanager
def starting(
    directory: Path, *arguments: str, command: Sequence[str] = (sys.executable, "-m", "cloudserver")
) -> Iterator[StandinProcess]:
    """Start a stand-in; kill it in the end. Give ``--port 0`` unless the port matters."""
    with (
        (directory / "stdout").open("wb") as stdout,
        (directory / "stderr").open("wb") as stderr,
        subprocess.Popen([*command, *arguments], cwd=directory, stdout=stdout, stderr=stderr) as process,
    ):
        try:
            yield StandinProcess(process, directory)
        finally:
            process.kill()


@contextmanager
def serving(directory: Path, *arguments: str) -> Iterator[StandinProcess]:
    """Start a stand-in on a port of the system's choice, and wait until it serves."""
    with starting(directory, "--port", "0", *arguments) as standin:
        standin.wait_for("/fermat\n")
        yield standin


async def answers(url: str, seconds: float = PATIENCE) -> bool:
    """Tell whether GET /fermat/api/user is answered in time."""
    timeout = aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(f"{url}/fermat/api/user") as answer,
        ):
            return answer.status == 200
    except TimeoutError:
        return False
