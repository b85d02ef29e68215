"""A machine that has just been installed, and somebody who types at it as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
TERMINAL = ("env", "-i", "HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
_INSIDE = ("-m", "-u", "-i", "-p")
_PATIENCE = 60.0
_SLOW = 600.0
"""Seconds that installing may take."""


@dataclass(frozen=True)
class Machine:
    """It is booted."""

    pidfile: Path
    installing: tuple[str, ...]
    """NAME=VALUE: how this machine's pip is set up."""

    @property
    def pid(self) -> int:
        """Of its systemd; 0 while there is none."""
        with suppress(OSError, ValueError):
            return int(self.pidfile.read_text())
        return 0

    def type(self, lines: str, *, network: bool = False) -> subprocess.CompletedProcess[str]:
        """Lines in a shell, up to the first that fails; with this machine's network, or its own loopback."""
        where = ("nsenter", "-t", str(self.pid), *_INSIDE, *(() if network else ("-n",)))
        debian = ("DEBIAN_FRONTEND=noninteractive", *self.installing) if network else ()
        return subprocess.run(
            [*where, *TERMINAL, *debian, "bash", "-euc", f"cd\n{lines}"],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SLOW,
        )

    def said(self, lines: str) -> str:
        """The same, where nothing may fail."""
        done = self.type(lines)
        assert done.returncode == 0, f"{lines}: {done.stdout}"
        return done.stdout

    def write(self, path: str, text: str) -> None:
        """As an editor does: a file that is there keeps its mode and its owner."""
        self.place(path).write_text(text)

    def place(self, path: str) -> Path:
        """Where a file of its is to be found from here."""
        return Path(f"/proc/{self.pid}/root") / path.lstrip("/")

    def reboot(self) -> None:
        """Come back as another systemd."""
        before = self.pid
        self.type("systemctl reboot")
        until(lambda: self.pid not in (0, before), "the machine comes back")
        self.up()

    def up(self) -> None:
        """Until it has started all that it starts."""
        until(lambda: self.type("systemctl is-active multi-user.target").returncode == 0, "it has booted")


@contextmanager
def booted(tree: Path, wheel: Path, directory: Path) -> Iterator[Machine]:
    """The machine, with the wheel in root's home."""
    pidfile = directory / "pid"
    settings, binds = _pip(directory)
    with (directory / "console").open("wb") as console:
        process = subprocess.Popen(
            [HERE / "boot.sh", tree, HERE / "prepare.sh", pidfile, *binds],
            stdout=console,
            stderr=subprocess.STDOUT,
            env={**os.environ, "WHEEL": str(wheel)},
        )
    try:
        machine = Machine(pidfile, settings)
        until(lambda: machine.pid != 0, "systemd starts")
        machine.up()
        yield machine
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _pip(directory: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How pip is set up here, as environment; and the places that are in that, for the machine to see.

    A directory is seen at its own place, a file in /run: there it is in no package's way.
    """
    listed = subprocess.run(["pip", "config", "list"], check=True, capture_output=True, text=True).stdout
    settings, binds = {}, {}
    for line in listed.splitlines():
        name, _, quoted = line.partition("=")
        words = []
        for word in quoted.strip("'\"").replace("\\n", " ").split():
            place = Path(word.removeprefix("file://"))
            if place.is_absolute() and place.is_file():
                copy = shutil.copy(place, directory / place.name)
                binds[f"/run/{place.name}"] = str(copy)
                words.append(f"/run/{place.name}")
                continue
            if place.is_absolute() and place.is_dir():  # an index points to files that are beside it
                seen = str(place.parent if word.startswith("file:") else place)
                binds[seen] = seen
            words.append(word)
        settings[name.rpartition(".")[2].replace("-", "_").upper()] = " ".join(words)
    return (
        tuple(f"PIP_{name}={value}" for name, value in settings.items()),
        tuple(f"--bind-ro={there}:{here}" for here, there in binds.items()),
    )


def until(comes: Callable[[], bool], what: str) -> None:
    """Wait; an error if it does not come."""
    deadline = time.monotonic() + _PATIENCE
    while not comes():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)
