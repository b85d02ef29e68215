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


def compiled(directory: Path, program: str = "Failing") -> Path:
    """Compile a program into `directory`, which is returned. Skips where there is no JDK."""
    javac = shutil.which("javac")
    if javac is None or shutil.which("java") is None:
        pytest.skip("no JDK: apt-get install openjdk-17-jdk-headless")
    subprocess.run(
        [javac, "-Xlint:all", "-Werror", "-d", directory, _SOURCES / f"{program}.java"], check=True
    )
    return directory


@contextmanager
def failing(
    classes: Path, directory: Path, mode: str, before: Sequence[str] = ()
) -> Iterator[StandinProcess]:
    """Run it in a mode, on a port of the system's choice, behind a command such as prlimit.

    G1 is asked for by name: on a small machine Java would choose another collector, without those threads.
    """
    java = ("java", "-Xmx16m", "-XX:+UseG1GC", "-cp", str(classes), "Failing", mode, "0")
    with starting(directory, command=(*before, *java)) as jvm:
        jvm.wait_for("/fermat\n")
        yield jvm
