"""The package and all that it needs as wheels, for the Python that Debian has: for booted systems."""

from __future__ import annotations

import subprocess
from pathlib import Path

PYTHON = "/usr/bin/python3"
CHECKOUT = Path(__file__).parents[2]


def wheels(directory: Path, extras: str) -> Path:
    """Make them; where they are."""
    run(PYTHON, "-m", "venv", directory / "venv")
    pip = (directory / "venv" / "bin" / "pip", "wheel", "-q", "--disable-pip-version-check")
    run(*pip, "-w", directory / "wheels", f"{CHECKOUT}[{extras}]")
    return directory / "wheels"


def run(*command: str | Path, environment: dict[str, str] | None = None, output: Path | None = None) -> None:
    """A program that has to succeed; if not, what it said, and what `output` holds, is the reason."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    said = output.read_text() if output else ""
    assert done.returncode == 0, f"{said}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
