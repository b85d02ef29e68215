"""A run is a file: one JSON object a line, written as it happens, so that a killed run keeps what it had."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from fermatkit.errors import UserError
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard
from loadgen.summary import Summary
from loadgen.tally import Tally
from loadgen.watched import Mark, Sample, Server

VERSION = 4
"""1 had other buckets, and nothing of the machine; 2 had a plan of flags alone; 3 nothing of the server."""
NAME = "run.jsonl"


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """Where the generator ran; two runs can be compared only where the machine is the same."""

    host: str
    cpu: str | None
    """The processor's name, as far as the system tells it."""
    cores: int
    memory: int
    """Bytes."""
    system: str
    """Operating system and kernel."""
    python: str
    loop: str
    """The event loop, with its version if it is not Python's own."""
    version: str
    """Of this program."""
    descriptors: int
    """Files that the process may have open; -1 is no limit."""
    ports: tuple[int, int] | None
    """The first and last of the local ports that connects take, of each source address."""


class Run(msgspec.Struct, frozen=True, kw_only=True, tag="run", tag_field="type"):
    """The first line: what was asked, when, and of what machine."""

    version: int = VERSION
    started: str
    """UTC, ISO 8601, to the millisecond: runs of several machines are laid beside each other by it."""
    plan: Plan
    shard: Shard | None = None
    """Which part of the plan this run was; None: the whole."""
    environment: Environment | None = None
    """None of a run that was put together from others."""


class Second(msgspec.Struct, frozen=True, kw_only=True, tag="second", tag_field="type"):
    """A line for each second: only what happened in it. The sum of all is the run."""

    at: float
    """Seconds since the start, at its end."""
    phase: str
    registered: int
    """Clients registered at its end, or open where there is nothing to register."""
    departed: int = 0
    """Clients that have gone by then because the plan wants it so, and are not back."""
    tally: Tally


Line = Run | Second | Server | Sample | Mark | Summary
"""In this order, but for what is between the first and the last: that comes as it comes."""


class ResultFile:
    """Appends lines. A disk that fills up in the middle of a run does not end the run: see `problem`."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.problem: str | None = None
        """Why the file is not complete."""
        self._file = file

    def write(self, line: Line) -> None:
        """Append one line and hand it to the operating system: it outlives a killed process."""
        if self.problem is None:
            try:
                self._file.write(msgspec.json.encode(line) + b"\n")
            except OSError as error:
                self.problem = f"{self.path} is not complete: {error.strerror}"

    def close(self) -> None:
        """No more lines."""
        self._file.close()


def create(folder: Path, started: datetime) -> ResultFile:
    """A new file in `folder`/<UTC stamp>; UserError when it cannot be made."""
    path = new_folder(folder, started) / NAME
    try:
        return ResultFile(path, path.open("xb", buffering=0))
    except OSError as error:
        raise _unwritable(folder, error) from error


def new_folder(folder: Path, started: datetime) -> Path:
    """`folder`/<UTC stamp>, made; of its own, also when another run began in the same second. UserError."""
    stamp = started.strftime("%Y-%m-%dT%H-%M-%SZ")
    number = 1
    while True:
        place = folder / (stamp if number == 1 else f"{stamp}.{number}")
        try:
            place.mkdir(parents=True)
        except OSError as error:
            if not isinstance(error, FileExistsError) or not folder.is_dir():
                raise _unwritable(folder, error) from error
            number += 1
        else:
            return place


def _unwritable(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"cannot write results to {error.filename or folder}: {error.strerror}; name another --out"
    )


def read(path: Path) -> list[Line]:
    """All complete lines of a result file; a last line cut off by a kill is left out."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return [DECODER.decode(line) for line in lines]


DECODER: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
