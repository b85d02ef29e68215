"""A real JVM in trouble, as a child process."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fermatkit.process import started
from sidecar.core.nouns import Identity

_OPTIONS = ("-Xmx16m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


@contextmanager
def patient(
    classes: Path, directory: Path, *arguments: str, options: tuple[str, ...] = ()
) -> Iterator[Identity]:
    """Start one in a working directory, wait until it is in its state, and kill it in the end."""
    command = ["java", *_OPTIONS, *options, "-cp", str(classes), "Patient", *arguments]
    with living(command, directory, says=b"ready\n") as identity:
        yield identity


@contextmanager
def printing(output: Path, classes: Path, mode: str, *options: str) -> Iterator[Identity]:
    """One that prints to the end of a file, in whose directory it works; the collector is Java's choice."""
    command = [
        "java",
        "-Xmx16m",
        "-XX:TieredStopAtLevel=1",
        *options,
        "-cp",
        str(classes),
        "Patient",
        mode,
        "3",
    ]
    with output.open("ab") as file:
        process = subprocess.Popen(command, cwd=output.parent, stdout=file)
    try:
        while not output.read_bytes().endswith(b"ready\n"):
            time.sleep(0.005)
        yield Identity(process.pid, started(process.pid) or 0)
    finally:
        process.kill()
        process.wait()


@contextmanager
def living(command: list[str], directory: Path, says: bytes) -> Iterator[Identity]:
    """Any process, from its first line on."""
    with subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == says
            yield Identity(process.pid, started(process.pid) or 0)
        finally:
            process.kill()


def lives(identity: Identity) -> bool:
    """Whether it is still this process, and no zombie."""
    try:
        os.kill(identity.pid, 0)
    except ProcessLookupError:
        return False
    return started(identity.pid) == identity.started
