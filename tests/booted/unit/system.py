"""What the scenarios need: systemd, the journal, /health, the mails; and a fresh start for each."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

SERVER = "fermat-cloud-server.service"
SIDECAR = "fermat-sidecar.service"
PROGRAM = "/opt/fermat-sidecar/bin/fermat-sidecar"
CONFIG = Path("/etc/fermat-sidecar/sidecar.toml")
STATE = Path("/var/lib/fermat-sidecar")
MAILS = Path("/var/lib/mails/mails.jsonl")
PATIENCE = 20.0
QUIET = 3.0
"""Seconds in which what is wrong would have become an outage: `hung_after` is 2 s."""
_SAVED = 0.5
"""Seconds in which a decision is on the disk."""
STANDIN = """[Service]
ExecStart=
ExecStart=/opt/fermat-sidecar/bin/python -m cloudserver --port 9090
"""
SHIPPED = ""
"""The unit as it is, with java."""
CONFIGURATION = """[server]
unit = "fermat-cloud-server.service"
directory = "/opt/fermat-cloud-server"
[limits]
hung_after = "2s"
term_deadline = "1s"
backoff_max = "1s"
budget = [{ restarts = 3, within = "1h" }]
[[channel]]
name = "mail"
url = "mailto://127.0.0.1:2525?from=sidecar@localhost&to=operator@localhost&mode=insecure"
"""


def tried(*command: str) -> tuple[int, str]:
    """Its status, and all that it said."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def run(*command: str) -> str:
    status, said = tried(*command)
    assert status == 0, f"{' '.join(command)}: {status}: {said}"
    return said


def systemctl(*words: str) -> str:
    return run("systemctl", *words)


def show(unit: str) -> dict[str, str]:
    """What systemd knows of it."""
    names = (
        "ActiveState,SubState,MainPID,StatusText,NRestarts,Result,User,"
        "StartLimitBurst,StartLimitIntervalUSec,LimitNOFILE,ExecMainStatus"
    )
    return dict(line.split("=", 1) for line in systemctl("show", unit, "-p", names).splitlines())


def main_pid(unit: str) -> int:
    return int(show(unit)["MainPID"])


def drop_in(unit: str, name: str, text: str) -> None:
    """Put a drop-in, or take it away if there is no text."""
    path = Path(f"/etc/systemd/system/{unit}.d/{name}.conf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text) if text else path.unlink(missing_ok=True)
    systemctl("daemon-reload")


def mark() -> str:
    """A place in the journal."""
    return run("journalctl", "-n0", "--show-cursor", "-q").removeprefix("-- cursor: ")


def starts(since: str, unit: str = SERVER) -> int:
    """How often the journal says "Started" from there on."""
    run("journalctl", "--sync")
    # Not filtered by journalctl (252): it leaves out the first that fits if the cursor's own line does not.
    said = run("journalctl", "-q", "-o", "cat", f"--after-cursor={since}")
    return sum(line.startswith(f"Started {unit} ") for line in said.splitlines())


def health(port: int = 9191) -> tuple[str, int, list[str]]:
    """The status, the server's pid, and the notes."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            body = json.load(answer)
    except urllib.error.HTTPError as answer:
        body = json.load(answer)
    except OSError:
        return "", 0, []
    state = body["checks"].get("process:state", [{}])[0]
    return body["status"], int(state.get("componentId", 0)), body["notes"]


def passes(*, not_pid: int = 0, port: int = 9191) -> bool:
    status, pid, _ = health(port)
    return status == "pass" and pid not in (0, not_pid)


def mails() -> list[dict[str, str]]:
    return [json.loads(line) for line in MAILS.read_text().splitlines()] if MAILS.exists() else []


def subjects() -> list[str]:
    return [mail["subject"] for mail in mails()]


def telling() -> list[str]:
    """What was told, and the topics of what will be: a message is saved until its channel has taken it."""
    time.sleep(_SAVED)
    return [one["message"]["incident"]["topic"] for one in _owed()] + subjects()


def _owed() -> list[dict[str, Any]]:
    """Of a copy of the database: nobody but the sidecar may open the one that it has."""
    with tempfile.TemporaryDirectory() as name:
        for path in sorted(STATE.glob("sidecar.db*")):
            shutil.copy(path, name)
        with closing(sqlite3.connect(f"{name}/sidecar.db")) as copy:
            return [json.loads(row) for (row,) in copy.execute("SELECT content FROM owed ORDER BY number")]


def told(word: str) -> bool:
    """Whether a mail with this in its subject has come."""
    return any(word in subject for subject in subjects())


def wait(true: Callable[[], object], what: str, patience: float = PATIENCE) -> float:
    """Seconds until it was so."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > patience:
            seen = (show(SERVER), show(SIDECAR), health(), subjects())
            raise AssertionError(f"not within {patience:g} s: {what}; {seen}")
        time.sleep(0.02)
    return round(time.monotonic() - began, 3)


def serve(program: str = STANDIN) -> None:
    """The stand-in in the place of the jar, just started; or what another drop-in says."""
    systemctl("stop", SERVER)
    drop_in(SERVER, "program", program)
    systemctl("reset-failed", SERVER)
    systemctl("start", SERVER)


def fresh(configuration: str = CONFIGURATION, program: str = STANDIN) -> None:
    """A sidecar that remembers nothing, over a server that has just been started; no mail yet."""
    systemctl("stop", SIDECAR)
    for path in STATE.glob("*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    CONFIG.write_text(configuration)
    serve(program)
    systemctl("start", SIDECAR)
    MAILS.unlink(missing_ok=True)


def settled(program: str = STANDIN) -> int:
    """As `fresh`, and the server is found well; its pid."""
    fresh(program=program)
    wait(passes, "it passes")
    return main_pid(SERVER)


def habit(name: str) -> None:
    """The stand-in misbehaves from now on."""
    request = urllib.request.Request(f"http://127.0.0.1:9090/standin/habits/{name}", method="POST")
    urllib.request.urlopen(request, timeout=5).close()
