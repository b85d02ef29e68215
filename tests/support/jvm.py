"""The programs in `tests/java/`, compiled once in a run; and a real JVM that fails: `Failing`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.standin import StandinProcess, starting

_SOURCES = Path(__file__).parents[1] / "java"
LACKS = "" if shutil.which("javac") else "no JDK: apt-get install openjdk-17-jdk-headless"
"""Why nothing of this can be done here, if it cannot."""


def compiled(directory: Path, program: str = "Failing") -> Path:
    """Compile a program into `directory`, which is returned. Skips where there is no JDK."""
    if LACKS:
        pytest.skip(LACKS)
    source = _SOURCES / f"{program}.java"
    subprocess.run(
        ["javac", "-Xlint:all", "-Werror", "-sourcepath", _SOURCES, "-d", directory, source], check=True
    )
    return directory


def java(classes: Path, mode: str, port: int, seconds: int = 3) -> list[str]:
    """The command that fails so.

    G1 is asked for by name: on a small machine Java would choose another collector, without those threads.
    """
    options = ["-Xmx16m", "-XX:+UseG1GC", "-cp", str(classes)]
    return ["java", *options, "Failing", mode, str(port), str(seconds)]


@contextmanager
def failing(
    classes: Path, directory: Path, mode: str, before: Sequence[str] = ()
) -> Iterator[StandinProcess]:
    """Run it in a mode, on a port of the system's choice, behind a command such as prlimit."""
    with starting(directory, command=(*before, *java(classes, mode, 0))) as jvm:
        jvm.wait_for("/fermat\n")
        yield jvm
