"""A tool under measurement: its commands and all that comes of them, by a mark in their environment.

Not by parents: Tsung's port mapper and others leave theirs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

_MARK = "FERMAT_BENCH_LOAD"
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ENDED_WITHIN = 60.0
"""Seconds; a process with 20,000 sockets takes some of them to die."""
_numbers = count()


def cpu_clock(pid: int) -> int:
    """The clock of a process's CPU, all threads, to the nanosecond (as clock_getcpuclockid(3) makes it)."""
    return (~pid << 3) | 2


class Family:
    """The processes; `cpu` and `rss` are of those that were there at the last `look`.

    To be made before any of them is started: whoever is there by then is none of them.
    """

    def __init__(self, processes: Sequence[subprocess.Popen[bytes]], mark: bytes) -> None:
        self._processes = processes
        self._mark = mark
        self._strangers = _everybody()
        self._ours: set[int] = set()
        self._cpu: dict[int, float] = {}
        """What each was last seen to have used; kept when it has ended."""

    @property
    def ended(self) -> bool:
        """All that was started here has; what that left behind may not have."""
        return all(process.poll() is not None for process in self._processes)

    def look(self) -> None:
        """Find those that are new.

        One without any environment is in the middle of exec: the next look tells.
        """
        self._ours.update(process.pid for process in self._processes)
        here = _everybody()
        self._strangers &= here  # a number that is free again may become one of ours
        for pid in here - self._strangers - self._ours:
            environment = _environment(pid)
            if self._mark in environment:
                self._ours.add(pid)
            elif environment:
                self._strangers.add(pid)

    def cpu(self) -> float | None:
        """Seconds, of all of them; what one did after the last look before its end is missing.

        None: not one was ever seen.
        """
        for pid in self._ours:
            try:
                self._cpu[pid] = time.clock_gettime(cpu_clock(pid))
            except OSError:  # it has ended
                continue
        return sum(self._cpu.values()) if self._cpu else None

    def rss(self) -> int | None:
        """Bytes, of all that are there; None: nobody is."""
        return sum(filter(None, map(_resident, self._ours))) or None

    def end(self) -> None:
        """Kill them, each by its pid, until none is found."""
        deadline = time.monotonic() + _ENDED_WITHIN
        while time.monotonic() < deadline:
            self.look()
            alive = [pid for pid in self._ours if self._mark in _environment(pid)]
            for pid in alive:
                _kill(pid)
            for process in self._processes:
                process.kill()
            if self.ended and not alive:
                return
            time.sleep(0.02)
        raise TimeoutError(f"processes of {[process.args for process in self._processes]} cannot be ended")


def _everybody() -> set[int]:
    return {int(name) for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208 - names are enough


def _environment(pid: int) -> bytes:
    """Nothing for one that has ended, is somebody else's or the kernel's, or is about to become a program."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _resident(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError):
        return None


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def running(commands: Sequence[Sequence[str]], here: Path) -> Iterator[Family]:
    """Start them in that directory, with `stdout` and `stderr` of all; nothing of them is left afterwards."""
    mark = f"{os.getpid()}.{next(_numbers)}"
    environment = {**os.environ, "HOME": str(here), _MARK: mark}
    processes: list[subprocess.Popen[bytes]] = []
    family = Family(processes, f"{_MARK}={mark}\0".encode())
    try:
        with (here / "stdout").open("ab") as stdout, (here / "stderr").open("ab") as stderr:
            for command in commands:
                processes.append(  # noqa: PERF401 - one that cannot be started must not hide those before
                    subprocess.Popen(
                        command,
                        cwd=here,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=stdout,
                        stderr=stderr,
                    )
                )
        yield family
    finally:
        family.end()


def last_words(here: Path) -> str:
    """The last line that was said there, for a reason."""
    for name in ("stderr", "stdout"):
        if lines := (here / name).read_text(errors="replace").strip().splitlines():
            return lines[-1].strip()[:200]
    return "it said nothing"
