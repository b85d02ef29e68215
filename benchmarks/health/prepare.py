"""What is compared with, and what asks: unpacked in build/peers, so that nothing is installed here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PLACE = Path("build/peers").absolute()
_ROOT = PLACE / "root"
_APT = ("apt-get", "-qq", "-o", "APT::Sandbox::User=root")
_NEEDS = {"wrk": ("libluajit-5.1-2",)}
"""Beyond the package itself, what hardly any machine has."""
_PATIENCE = 120.0


class MissingError(Exception):
    """It cannot be had here; the sentence says why."""


def debian(name: str) -> list[str]:
    """The command of that Debian package: the machine's own, or one that is unpacked now."""
    if own := shutil.which(name):
        return [own]
    program = _ROOT / "usr/bin" / name
    if not program.exists():
        _unpack(name, *_NEEDS.get(name, ()))
    libraries = ":".join(map(str, _ROOT.glob("usr/lib/*-linux-*")))
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(program)]


def _unpack(*packages: str) -> None:
    if not shutil.which("apt-get"):
        raise MissingError("it is not installed, and there is no apt-get to fetch it")
    with tempfile.TemporaryDirectory() as name:
        download = (*_APT, "download", *packages)
        try:
            run(*download, cwd=name)
        except MissingError:
            if os.getuid() != 0:
                raise
            run(*_APT, "update")
            run(*download, cwd=name)
        PLACE.mkdir(parents=True, exist_ok=True)
        for package in Path(name).glob("*.deb"):
            run("dpkg", "-x", str(package), str(_ROOT))


def glances() -> list[str]:
    """Its command, in a virtual environment of its own."""
    place = PLACE / "glances"
    program = place / "bin/glances"
    if not program.exists():
        run(sys.executable, "-m", "venv", "--clear", str(place))
        run(str(place / "bin/pip"), "install", "-q", "--disable-pip-version-check", "glances[web]")
    return [str(program)]


def run(*command: str, cwd: str | None = None, patience: float = _PATIENCE) -> None:
    """Run it to its end, within so many seconds; `MissingError` with its last line when it fails."""
    try:
        done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True, timeout=patience)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(str(error)) from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise MissingError(f"{' '.join(command[:4])} …: {' '.join(last) or done.returncode}")
