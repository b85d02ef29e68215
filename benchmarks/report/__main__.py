"""``make report``: docs/reports/ made anew, in both languages, with its picture; twenty minutes.

A stand-in with 2,048 file descriptors runs under a sidecar. One run of `plan.toml` loads it, `loadgen stress`
looks for its limit, `loadgen drill` breaks servers of its own; what they leave becomes one report.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.restart import free_port
from fermatkit.errors import ExitCode
from loadgen.watch.sidecar_api import Sidecar, Unanswered

HERE, REPORTS = Path(__file__).parent, Path("docs/reports")
LANGUAGES = ("en", "es")
DESCRIPTORS = 2_048
"""Of the server: what a unit's LimitNOFILE= would say. So the limit is one that the report can explain."""
STRESS = (
    "--start",
    "500",
    "--most",
    "3000",
    "--resolution",
    "3",
    "--rounds",
    "8",
    "--ramp",
    "400/s",
    "--duration",
    "4s",
)
PROVEN_WITHIN, ENDED_WITHIN = 60, 20
"""Seconds."""
CHROMIUM = (
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--virtual-time-budget=3000",
)


def main() -> int:
    """Make it; 0 when the report stands in docs/reports/."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder = place / "results"
        with watched(place) as (url, sidecar, token):
            environment = os.environ | {"FERMAT_SIDECAR_TOKEN": token}
            common = ("--url", url, "--sidecar", sidecar, "--out", str(folder))
            loadgen(("--plan", str(HERE / "plan.toml"), "--seed", "1", *common), environment)
            (run,) = folder.glob("*/run.jsonl")
            loadgen(("stress", *STRESS, "--seed", "1", *common), environment)
        loadgen(("drill", "all", "--seed", "1", "--out", str(folder)), dict(os.environ))
        (capacity,), (drills,) = folder.glob("*/capacity.json"), folder.glob("*/drills")
        shutil.copytree(drills, capacity.parent / drills.name)
        shutil.copy(run, capacity.parent / run.name)
        for language in LANGUAGES:
            page = loadgen(("report", str(capacity.parent), "--html", "--lang", language), dict(os.environ))
            for path in (f"{place}/", f"{Path.cwd()}/"):  # where it was made is nobody's business
                page = page.replace(path, "")
            (REPORTS / f"standin.{language}.html").write_text(page, encoding="utf-8")
    picture()
    print(f"→ {REPORTS}/standin.en.html, standin.es.html, report.png")
    return 0


def loadgen(words: Sequence[str], environment: dict[str, str]) -> str:
    """What it prints; what failed, or proves nothing, is a result, too; what cannot begin is none."""
    done = subprocess.run(
        [sys.executable, "-m", "loadgen", *words],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode not in (ExitCode.GOOD, ExitCode.UNHEALTHY, ExitCode.INVALID_RUN):
        sys.exit(f"make report: loadgen {words[0]} ended with {done.returncode}")
    return done.stdout


@contextmanager
def watched(place: Path) -> Iterator[tuple[str, str, str]]:
    """A stand-in under a sidecar, both of our own: the server's url, the sidecar's, and its token."""
    port, health, token = free_port(), free_port(), secrets.token_hex(16)
    command = ["prlimit", f"--nofile={DESCRIPTORS}", sys.executable, "-m", "cloudserver", "--port", str(port)]
    (place / "server").mkdir()
    config = place / "sidecar.toml"
    config.write_text(
        f'[server]\ncommand = {json.dumps(command)}\ndirectory = "server"\nport = {port}\n'
        f'[state]\ndirectory = "state"\n[health]\nport = {health}\ntoken = "{token}"\n'
    )
    config.chmod(0o600)
    with (place / "log").open("wb") as log:
        sidecar = subprocess.Popen(
            [sys.executable, "-m", "sidecar", "run", "--config", str(config)], stdout=log, stderr=log
        )
        try:
            wait_until_proven(health, place / "log")
            yield f"ws://127.0.0.1:{port}", f"http://127.0.0.1:{health}", token
        finally:
            sidecar.send_signal(signal.SIGTERM)
            sidecar.wait(ENDED_WITHIN)


def wait_until_proven(port: int, log: Path) -> None:
    """Until the sidecar has seen the server work."""
    sidecar = Sidecar(f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + PROVEN_WITHIN
    while time.monotonic() < deadline:
        with suppress(Unanswered):  # not listening yet
            if sidecar.state().ready:
                return
        time.sleep(0.2)
    sys.exit(f"make report: the server was not proven in {PROVEN_WITHIN} s: {log.read_text()[-500:]}")


def picture() -> None:
    """The first screen of it, for the README."""
    page = (REPORTS / "standin.en.html").resolve().as_uri()
    target = REPORTS / "report.png"
    with tempfile.TemporaryDirectory() as home:
        command = (
            *CHROMIUM,
            f"--user-data-dir={home}",
            "--window-size=1280,1000",
            f"--screenshot={target}",
            page,
        )
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
